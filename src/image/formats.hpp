#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/error.hpp"
#include "image/decode.hpp"
#include "image/exif.hpp"
#include "image/plane.hpp"

// One decoder per family of formats; decode.cpp picks one by the first bytes. Private to src/image.
namespace troodon::image {

/// A picture as stored, and the EXIF orientation (1..8) that it asks for.
struct Decoded {
  Image image;
  int orientation = 1;
};

using Bytes = std::span<const std::byte>;

Result<Decoded> decode_jpeg(Bytes bytes, const DecodeOptions& options);
Result<Decoded> decode_png(Bytes bytes, const DecodeOptions& options);
/// Stored values of a palette or grey PNG as they are.
Result<Plane> decode_png_plane(Bytes bytes, const DecodeOptions& options);
/// Whatever libvips reads; a Failure in builds without it.
Result<Decoded> decode_with_vips(Bytes bytes, const DecodeOptions& options);

/// Refuses pictures without pixels and pictures above options.max_pixels; "" when acceptable.
std::string size_complaint(int64_t width, int64_t height, const DecodeOptions& options);

/// Pictures above this size must be plausible for the bytes there are, before memory is taken.
inline constexpr int64_t kTrustedPixels = 16LL << 20;

/// CMYK as Pillow converts it, without a profile. inks [pixels, 4]; `inverted`: 0xFF where 255
/// means no ink, 0 where 0 does.
void inks_to_rgb(std::span<const uint8_t> inks, uint8_t inverted, Image& image);

/// Turns and mirrors the picture so that orientation (1..8) becomes 1.
Image upright(const Image& image, int orientation);

}  // namespace troodon::image
