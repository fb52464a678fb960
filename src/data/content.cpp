#include "data/content.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <utility>

#include "base/hash.hpp"
#include "data/images.hpp"

namespace troodon::data {

using namespace std::string_view_literals;

namespace {

/// The longest start of a file that any format is known by.
constexpr size_t kHead = 32;

std::string_view text_of(std::span<const std::byte> content) {
  return {reinterpret_cast<const char*>(content.data()), std::min(content.size(), kHead)};
}

/// Two letters also start words: the second header of a bitmap has one of a few sizes.
bool is_bitmap(std::string_view head) {
  return head.size() >= 18 && head.starts_with("BM") && head.substr(15, 3) == "\0\0\0"sv &&
         "\x0C\x28\x34\x38\x40\x6C\x7C"sv.find(head[14]) != std::string_view::npos;
}
bool is_netpbm(std::string_view head) {
  return head.size() > 2 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' &&
         (head[2] == '\n' || head[2] == ' ');
}
bool is_heif(std::string_view head) {
  if (head.size() < 12 || head.substr(4, 4) != "ftyp") return false;
  constexpr std::string_view kBrands[] = {"avif", "avis", "heic", "heix", "mif1"};
  return std::ranges::find(kBrands, head.substr(8, 4)) != std::end(kBrands);  // others are films
}

}  // namespace

ContentHash content_hash(std::span<const std::byte> content) {
  return {.bytes = content.size(), .first = xxh64(content, 1), .second = xxh64(content, 2)};
}

std::string format_of(std::span<const std::byte> content) {
  static constexpr std::pair<std::string_view, const char*> kSignatures[] = {
      {"\xFF\xD8\xFF"sv, "jpeg"},
      {"\x89PNG\r\n"sv, "png"},
      {"GIF8"sv, "gif"},
      {"II*\0"sv, "tiff"},
      {"MM\0*"sv, "tiff"},
      {"II+\0"sv, "tiff"},
      {"MM\0+"sv, "tiff"},
      {"\xFF\x0A"sv, "jxl"},
      {"\0\0\0\x0CJXL "sv, "jxl"},
      {"\0\0\0\x0CjP  "sv, "jp2"}};
  const std::string_view head = text_of(content);
  for (const auto& [signature, name] : kSignatures) {
    if (head.starts_with(signature)) return name;
  }
  if (head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP") return "webp";
  if (is_bitmap(head)) return "bmp";
  if (is_heif(head)) return "heif";
  return is_netpbm(head) ? "netpbm" : "other";
}

bool looks_like_image(const fs::path& file) {
  std::array<std::byte, kHead> head{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(head.data()), head.size());
  return format_of(std::span(head).first(static_cast<size_t>(stream.gcount()))) != "other";
}

Result<uint64_t> stored_bytes(const Item& item) {
  if (item.value.index >= 0) {  // its page has to be unpacked
    const auto stored = read_stored(item);
    return stored ? Result<uint64_t>(stored->size()) : Failure{stored.reason()};
  }
  std::error_code error;
  const uint64_t size = fs::file_size(item.path, error);
  if (error) return Failure{fmt::format("{}: {}", place_of(item), error.message())};
  if (item.bytes == 0) return size;
  if (item.offset > size || item.bytes > size - item.offset)
    return Failure{fmt::format("{}: the file ends at byte {}", place_of(item), size)};
  return item.bytes;
}

}  // namespace troodon::data
