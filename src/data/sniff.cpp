#include "data/sniff.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace troodon::data {

bool looks_like_image(const std::string& path) {
  std::array<char, 32> head{};
  std::ifstream stream(path, std::ios::binary);
  stream.read(head.data(), head.size());
  const std::string_view bytes(head.data(), static_cast<size_t>(stream.gcount()));
  const auto at = [&](size_t offset, std::string_view text) {
    return bytes.substr(std::min(offset, bytes.size())).starts_with(text);
  };
  using namespace std::literals;
  if (at(0, "\xFF\xD8\xFF"sv) || at(0, "\x89PNG\r\n"sv) || at(0, "GIF8"sv)) return true;
  if (at(0, "RIFF"sv) && at(8, "WEBP"sv)) return true;
  for (const auto tiff : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (at(0, tiff)) return true;
  }
  for (const auto brand : {"avif"sv, "avis"sv, "heic"sv, "heix"sv, "mif1"sv}) {
    if (at(4, "ftyp"sv) && at(8, brand)) return true;
  }
  if (at(0, "\xFF\x0A"sv) || at(0, "\0\0\0\x0CJXL "sv) || at(0, "\0\0\0\x0CjP  "sv)) return true;
  if (bytes.size() < 18) return false;
  // A bitmap's second header has one of a few sizes; the two letters alone also start words.
  if (at(0, "BM"sv))
    return at(15, "\0\0\0"sv) &&
           "\x0C\x28\x34\x38\x40\x6C\x7C"sv.find(bytes[14]) != std::string_view::npos;
  return bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
         (bytes[2] == '\n' || bytes[2] == ' ');
}

}  // namespace troodon::data
