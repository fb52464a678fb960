#include "formats/tar.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace troodon::formats {
namespace {

constexpr uint64_t kBlock = 512;

/// One header block. Offsets and types are those of POSIX ustar.
class Header {
 public:
  explicit Header(std::span<const std::byte> block)
      : text_(reinterpret_cast<const char*>(block.data()), kBlock) {}

  bool is_empty() const {
    return std::all_of(text_.begin(), text_.end(), [](char c) { return c == '\0'; });
  }
  char type() const { return text_[156]; }
  std::string name() const {
    const std::string_view prefix = field(345, 155);
    const bool ustar = text_.substr(257, 6) == std::string_view("ustar\0", 6);
    std::string name(field(0, 100));
    return ustar && !prefix.empty() ? fmt::format("{}/{}", prefix, name) : name;
  }
  std::optional<uint64_t> size() const { return number(124, 12); }

  /// The sum of all bytes, the checksum's own taken as spaces; some writers sum signed bytes.
  bool is_sound() const {
    const auto stored = number(148, 8);
    uint64_t plain = 8 * ' ';
    int64_t with_sign = 8 * ' ';
    for (size_t i = 0; i < kBlock; ++i) {
      if (i >= 148 && i < 156) continue;
      plain += static_cast<unsigned char>(text_[i]);
      with_sign += static_cast<signed char>(text_[i]);
    }
    return stored && (*stored == plain || static_cast<int64_t>(*stored) == with_sign);
  }

 private:
  std::string_view field(size_t from, size_t count) const {
    const std::string_view all = text_.substr(from, count);
    return all.substr(0, all.find('\0'));
  }
  /// Octal text, or GNU's big-endian number marked by the first bit.
  std::optional<uint64_t> number(size_t from, size_t count) const {
    if ((static_cast<unsigned char>(text_[from]) & 0x80U) != 0) {
      uint64_t value = 0;
      for (size_t i = from + count - 8; i < from + count; ++i)
        value = value << 8U | static_cast<unsigned char>(text_[i]);
      const bool fits = static_cast<unsigned char>(text_[from]) == 0x80 &&
                        text_.substr(from + 1, count - 9).find_first_not_of('\0') == text_.npos;
      return fits ? std::optional(value) : std::nullopt;
    }
    std::string_view digits = field(from, count);
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    digits = digits.substr(0, digits.find(' '));
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  std::string_view text_;
};

/// What a pax or GNU header says of the member after it.
struct Override {
  std::string name;
  std::optional<uint64_t> size;
};

/// Records "LENGTH KEY=VALUE\n"; LENGTH counts the whole record.
void read_pax(std::string_view text, Override& next) {
  while (!text.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<size_t>(end - text.data());
    if (error != std::errc() || length > text.size() || length < digits + 3) return;
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    text.remove_prefix(length);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path") next.name = value;
    if (key == "size") {
      uint64_t size = 0;
      if (std::from_chars(value.data(), value.data() + value.size(), size).ec == std::errc())
        next.size = size;
    }
  }
}

bool is_regular(char type) {
  return type == '0' || type == '\0' || type == '7';
}

}  // namespace

TarListing list_tar(std::span<const std::byte> archive) {
  TarListing out;
  Override next;
  const auto damaged = [&out](const std::string& what, uint64_t at) {
    out.damage = fmt::format("{} at byte {}", what, at);
    return out;
  };
  for (uint64_t at = 0; at < archive.size();) {
    if (archive.size() - at < kBlock) return damaged("a header is cut short", at);
    const Header header(archive.subspan(at, kBlock));
    if (header.is_empty()) return out;  // the end, as tar writes it
    const auto stated = header.size();
    if (!stated || !header.is_sound()) return damaged("there is no tar header", at);
    const bool says_of_next = header.type() == 'L' || header.type() == 'x' ||
                              header.type() == 'K' || header.type() == 'g';
    const uint64_t size = says_of_next ? *stated : next.size.value_or(*stated);
    const uint64_t data = at + kBlock, left = archive.size() - data;
    const std::string name = next.name.empty() ? header.name() : next.name;
    if (size > left) return damaged(fmt::format("'{}' is cut short", name), at);
    const std::string_view content(reinterpret_cast<const char*>(archive.data()) + data, size);
    if (header.type() == 'L') next.name = content.substr(0, content.find('\0'));
    if (header.type() == 'x') read_pax(content, next);
    if (!says_of_next) {
      if (is_regular(header.type())) out.members.push_back({name, data, size});
      next = {};
    }
    const uint64_t padded = (size + kBlock - 1) / kBlock * kBlock;  // size <= left: no overflow
    at = data + std::min(padded, left);
  }
  return out;
}

}  // namespace troodon::formats
