#include "image/plane.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "image/formats.hpp"

namespace troodon::image {
namespace {

constexpr int64_t kLongestNumber = 9;  // digits of a PGM header's number

/// Header numbers of a PGM, with its comments skipped.
class PgmHeader {
 public:
  explicit PgmHeader(Bytes bytes) : bytes_(bytes) {}

  /// The next number; -1 if there is none.
  int64_t number() {
    skip_space();
    int64_t value = 0, digits = 0;
    for (; at_ < bytes_.size() && std::isdigit(byte()) != 0; ++at_, ++digits) {
      if (digits == kLongestNumber) return -1;
      value = 10 * value + byte() - '0';
    }
    return digits == 0 ? -1 : value;
  }
  /// What follows the one white space after the header.
  Bytes rest() const { return bytes_.subspan(std::min(at_ + 1, bytes_.size())); }

 private:
  int byte() const { return static_cast<int>(bytes_[at_]); }
  void skip_space() {
    while (at_ < bytes_.size() && (std::isspace(byte()) != 0 || byte() == '#')) {
      const bool comment = byte() == '#';
      ++at_;
      while (comment && at_ < bytes_.size() && byte() != '\n') ++at_;
    }
  }

  Bytes bytes_;
  size_t at_ = 2;  // after "P5"
};

Result<Plane> decode_pgm(Bytes bytes) {
  PgmHeader header(bytes);
  const int64_t width = header.number(), height = header.number(), largest = header.number();
  if (largest < 1 || largest > 65535) return Failure{"PGM: its header is damaged"};
  const std::string problem = size_complaint(width, height, {});
  if (!problem.empty()) return Failure{"PGM: " + problem};
  const Bytes stored = header.rest();
  const size_t each = largest > 255 ? 2 : 1;
  if (stored.size() / each < static_cast<size_t>(width * height))
    return Failure{"PGM: it ends before the picture is complete"};
  Plane out(static_cast<int>(width), static_cast<int>(height));
  for (size_t i = 0; i < out.values.size(); ++i) {
    const auto high = static_cast<uint16_t>(stored[i * each]);
    out.values[i] =
        each == 1 ? high
                  : static_cast<uint16_t>(high << 8 | static_cast<uint16_t>(stored[i * each + 1]));
  }
  return out;
}

bool starts_with(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, std::byte b) {
           return static_cast<std::byte>(a) == b;
         });
}

}  // namespace

Result<Plane> decode_plane(std::span<const std::byte> bytes) {
  if (starts_with(bytes, "\x89PNG")) return decode_png_plane(bytes, {});
  if (starts_with(bytes, "P5")) return decode_pgm(bytes);
  return Failure{"it is neither a PNG nor a binary PGM: masks and depth must be stored exactly"};
}

Result<Plane> read_plane(const fs::path& path) try {
  const MappedFile file(path);
  Result<Plane> plane = decode_plane(file.bytes());
  if (!plane) return Failure{path.string() + ": " + plane.reason()};
  return plane;
} catch (const Error& error) {
  return Failure{error.what()};
}

Plane resize_nearest(const Plane& plane, int width, int height) {
  Plane out(width, height);
  for (int y = 0; y < height; ++y) {
    const int from = static_cast<int>((2 * y + 1) * int64_t{plane.height} / (2 * int64_t{height}));
    for (int x = 0; x < width; ++x) {
      const int column =
          static_cast<int>((2 * x + 1) * int64_t{plane.width} / (2 * int64_t{width}));
      out.values[static_cast<size_t>(y) * width + x] =
          plane.values[static_cast<size_t>(from) * plane.width + column];
    }
  }
  return out;
}

}  // namespace troodon::image
