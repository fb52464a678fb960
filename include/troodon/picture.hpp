#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <variant>
#include <vector>

#include "troodon/export.hpp"

namespace troodon {

/// A JPEG, PNG or other picture file in memory that somebody else owns.
struct Encoded {
  std::span<const std::byte> bytes;
};

/// 8-bit sRGB pixels that somebody else owns: `height` rows of `width` red, green, blue triples.
struct Pixels {
  const std::uint8_t* rgb = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t row_bytes = 0;  ///< from one row to the next; 0: 3 * width
};

/// A file's path, a file in memory, or pixels; mind that memory must live until the call returns.
using Picture = std::variant<std::filesystem::path, Encoded, Pixels>;

/// A picture that a call made.
struct Image {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  ///< [height, width, 3], 8-bit sRGB

  Pixels pixels() const { return {rgb.data(), width, height}; }  ///< while this lives unchanged
};

/// The pixels of a picture, upright. Throws Error (exit 4) if it cannot be read.
TROODON_API Image read_picture(const Picture& picture);

/// Writes a .png or .jpg atomically, by its extension. Throws Error.
TROODON_API void write_picture(const std::filesystem::path& file, const Image& image);

/// A part of a picture in pixels from its top left corner.
struct Box {
  int x = 0, y = 0;
  int width = 0, height = 0;
};

/// A place in pixels from the top left corner; the middle of the first pixel is 0.5, 0.5.
struct Point {
  double x = 0, y = 0;
};

}  // namespace troodon
