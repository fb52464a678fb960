#include "data/content.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "base/random.hpp"

namespace troodon::data {

ContentHash content_hash(std::span<const std::byte> content) {
  ContentHash out{.bytes = content.size(), .first = 1, .second = 2};
  for (size_t at = 0; at < content.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, content.data() + at, std::min<size_t>(8, content.size() - at));
    out.first = mix(out.first ^ word);
    out.second = mix(3 * out.second + word);
  }
  return out;
}

std::string format_of(std::span<const std::byte> content) {
  using namespace std::string_view_literals;
  static constexpr std::pair<std::string_view, const char*> kSignatures[] = {
      {"\xFF\xD8\xFF"sv, "jpeg"},
      {"\x89PNG"sv, "png"},
      {"GIF8"sv, "gif"},
      {"RIFF"sv, "webp"},
      {"II*\0"sv, "tiff"},
      {"MM\0*"sv, "tiff"},
      {"II+\0"sv, "tiff"},
      {"MM\0+"sv, "tiff"},
      {"BM"sv, "bmp"},
      {"\xFF\x0A"sv, "jxl"},
      {"\0\0\0\x0CJXL "sv, "jxl"},
      {"\0\0\0\x0CjP  "sv, "jp2"}};
  const std::string_view head(reinterpret_cast<const char*>(content.data()),
                              std::min<size_t>(content.size(), 16));
  for (const auto& [signature, name] : kSignatures) {
    if (head.starts_with(signature)) return name;
  }
  if (head.size() >= 12 && head.substr(4, 4) == "ftyp") return "heif";
  if (head.size() > 2 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7') return "netpbm";
  return "other";
}

Result<uint64_t> stored_bytes(const Item& item) {
  std::error_code error;
  const uint64_t size = fs::file_size(item.path, error);
  if (error) return Failure{fmt::format("{}: {}", place_of(item), error.message())};
  if (item.bytes == 0) return size;
  if (item.offset > size || item.bytes > size - item.offset)
    return Failure{fmt::format("{}: the file ends at byte {}", place_of(item), size)};
  return item.bytes;
}

}  // namespace troodon::data
