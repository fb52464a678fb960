#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace troodon::serve {

/// One file of the page, as built from web/ and embedded in the binary.
struct Asset {
  std::string_view path;  ///< "/index.html", "/assets/index-4f0c.js": names in assets/ hold a hash
  std::string_view type;  ///< "text/html; charset=utf-8"
  std::span<const std::byte> bytes;
  std::string_view etag;  ///< with its quotes: "\"9f3a6c02d7b1e845\""
};

/// The files of the page, sorted by path, "/index.html" among them: the page of web/, or one plain
/// file that says how to get it where the build had no node. Defined by troodon_web
/// (cmake/web.cmake).
std::span<const Asset> web_assets();

}  // namespace troodon::serve
