#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.hpp"
#include "base/file.hpp"
#include "image/pixels.hpp"

namespace troodon::image {

enum class Orientation { apply, ignore };  ///< EXIF; official DINOv2 loaders ignore it

struct DecodeOptions {
  Orientation orientation = Orientation::apply;
  int64_t max_pixels = 256LL << 20;  ///< larger pictures are refused (decompression bombs)
  /// A hint for huge JPEGs: shrink while decoding (by 2, 4 or 8) as long as the short side keeps
  /// this many pixels. Much faster, but no longer equal to a full decode; 0: exact.
  int64_t min_side = 0;
};

/// Decodes JPEG, PNG and, when built with libvips, everything that it reads, to 8-bit sRGB RGB.
/// JPEG equals Pillow bit for bit. The failure is one sentence that says what is wrong.
Result<Image> decode(std::span<const std::byte> bytes, const DecodeOptions& options = {});

/// The same from a file; the failure names the path.
Result<Image> read(const fs::path& path, const DecodeOptions& options = {});

}  // namespace troodon::image
