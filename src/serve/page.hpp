#pragma once

#include <map>
#include <span>
#include <string>

#include "serve/assets.hpp"
#include "serve/http/message.hpp"

namespace troodon::serve {

/// The page's files, ready to be sent: packed once where that helps.
class Page {
 public:
  explicit Page(std::span<const Asset> assets);

  /// GET / and below: 200, or 304 if the browser has it. "/" is "/index.html", as is every path
  /// that is no file's (the page has places of its own). Throws Problem 404 below /assets/ and /v1.
  Reply serve(const Request& request) const;

 private:
  struct File {
    const Asset* asset;
    std::string packed;  ///< gzip; "": not worth it
  };
  std::map<std::string, File, std::less<>> files_;
};

/// gzip (RFC 1952). Throws Error.
std::string gzip(std::string_view bytes);

}  // namespace troodon::serve
