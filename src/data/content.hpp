#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/source.hpp"

namespace troodon::data {

/// What tells contents apart: equal contents are equal, different ones differ but for chance (128
/// bits beside the length). Not meant against people who forge files.
struct ContentHash {
  uint64_t bytes = 0;
  uint64_t first = 0;
  uint64_t second = 0;
  auto operator<=>(const ContentHash&) const = default;
};

ContentHash content_hash(std::span<const std::byte> content);

/// "jpeg", "png", "gif", "webp", "tiff", "bmp", "heif", "jxl", "jp2", "netpbm" or "other", by the
/// first bytes.
std::string format_of(std::span<const std::byte> content);

/// Whether the file's first bytes are those of a picture; its name does not matter.
bool looks_like_image(const fs::path& file);

/// The number of bytes that the item is stored in; a Failure when its file is missing or too short.
Result<uint64_t> stored_bytes(const Item& item);

}  // namespace troodon::data
