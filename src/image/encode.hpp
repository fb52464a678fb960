#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/file.hpp"
#include "image/pixels.hpp"

namespace troodon::image {

/// The picture as a JPEG file, quality 1..100.
std::string encode_jpeg(const Image& image, int quality = 90);

/// The picture as a PNG file.
std::string encode_png(const Image& image);

/// One channel as a PNG file, 8 or 16 bits: masks, labels, depth. values [height, width].
std::string encode_png_gray(std::span<const uint8_t> values, int width, int height);
std::string encode_png_gray16(std::span<const uint16_t> values, int width, int height);

/// The same with 8 bits, each value shown in its colour: 1 to 256 red, green, blue triples. A value
/// beyond them makes a file that readers refuse.
std::string encode_png_palette(std::span<const uint8_t> values,
                               int width,
                               int height,
                               std::span<const std::array<uint8_t, 3>> palette);

/// Writes .jpg/.jpeg or .png atomically, by extension. Throws Error.
void write(const fs::path& path, const Image& image);

}  // namespace troodon::image
