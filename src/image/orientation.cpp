#include <cstring>

#include "image/formats.hpp"

namespace troodon::image {
namespace {

constexpr int kOrientationTag = 0x0112;
constexpr size_t kEntryBytes = 12;

/// Reads TIFF integers; anything outside the block reads as zero.
struct TiffReader {
  Bytes bytes;
  bool big_endian;

  uint32_t integer(size_t at, size_t size) const {
    if (at > bytes.size() || bytes.size() - at < size) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t from = big_endian ? at + i : at + size - 1 - i;
      value = value << 8 | std::to_integer<uint32_t>(bytes[from]);
    }
    return value;
  }
};

}  // namespace

int exif_orientation(Bytes tiff) {
  if (tiff.size() < 8) return 1;
  const TiffReader reader{tiff, tiff[0] == std::byte{'M'}};
  const size_t directory = reader.integer(4, 4);
  const size_t entries = reader.integer(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntryBytes;
    if (reader.integer(entry, 2) != kOrientationTag) continue;
    const auto value = static_cast<int>(reader.integer(entry + 8, 2));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

Image upright(const Image& image, int orientation) {
  const bool sideways = orientation >= 5;
  // The stored corner that becomes the top left one, and whether rows and columns run backwards.
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ptrdiff_t along_x = from_right ? -3 : 3;
  const ptrdiff_t row_bytes = static_cast<ptrdiff_t>(image.width) * 3;
  const ptrdiff_t along_y = from_bottom ? -row_bytes : row_bytes;
  const uint8_t* corner = image.row(from_bottom ? image.height - 1 : 0);
  if (from_right) corner += row_bytes - 3;

  Image out = sideways ? Image(image.height, image.width) : Image(image.width, image.height);
  const ptrdiff_t step_x = sideways ? along_y : along_x, step_y = sideways ? along_x : along_y;
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* from = corner + y * step_y;
    uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, from += step_x, to += 3) {
      to[0] = from[0], to[1] = from[1], to[2] = from[2];
    }
  }
  return out;
}

}  // namespace troodon::image
