#include "collection/postgres/connection.hpp"

namespace troodon::collection::postgres {
namespace {

/// Bytes of the UTF-8 character at the beginning; 0: none.
size_t character(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i)
    if ((at(i) & 0xC0) != 0x80) return 0;
  const bool too_long = (first == 0xE0 && at(1) < 0xA0) || (first == 0xF0 && at(1) < 0x90);
  const bool beyond = (first == 0xED && at(1) > 0x9F) || (first == 0xF4 && at(1) > 0x8F);
  return too_long || beyond ? 0 : size;
}

}  // namespace

std::string sendable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t size = character(text);
    if (size > 0) {
      out += text.substr(0, size);
    } else {  // U+F700 + byte is EF 9C 80 + ...
      const auto byte = static_cast<unsigned char>(text[0]);
      out += '\xEF';
      out += static_cast<char>(0x9C + (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

std::string received(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const unsigned second = text.size() >= 3 ? static_cast<unsigned char>(text[1]) : 0;
    if (text[0] == '\xEF' && second >= 0x9C && second <= 0x9F) {
      out += static_cast<char>((second - 0x9C) << 6 | (static_cast<unsigned char>(text[2]) & 0x3F));
      text.remove_prefix(3);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace troodon::collection::postgres
