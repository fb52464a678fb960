#pragma once

#include <cstdint>
#include <vector>

#include "image/pixels.hpp"

// The inner loops of resize.cpp; private to src/image.
namespace troodon::image {

/// 8 bits of pixel, 2 of headroom for overshoot, the rest for the weight: Pillow's choice.
inline constexpr int kPrecisionBits = 32 - 8 - 2;

/// For each output pixel of one axis: the input pixels it looks at, and their fixed-point weights.
struct Taps {
  int stride;                    ///< weights kept per output pixel, unused ones are zero
  std::vector<int> first;        ///< [outputs]
  std::vector<int> count;        ///< [outputs]
  std::vector<int32_t> weights;  ///< [outputs, stride]

  Taps(int outputs, int most)
      : stride(most),
        first(outputs),
        count(outputs),
        weights(static_cast<size_t>(outputs) * most) {}
};

/// A rectangle of somebody else's picture, rows `stride` bytes apart.
struct PixelView {
  const uint8_t* data = nullptr;
  const uint8_t* end = nullptr;  ///< one past the last byte that may be read
  int width = 0;
  int height = 0;
  size_t stride = 0;

  const uint8_t* row(int y) const { return data + static_cast<size_t>(y) * stride; }
};

inline PixelView view(const Image& image) {
  return {.data = image.pixels.data(),
          .end = image.pixels.data() + image.pixels.size(),
          .width = image.width,
          .height = image.height,
          .stride = static_cast<size_t>(image.width) * 3};
}

/// out(x, y) = sum over taps of in(first[x] + t, y), rounded to 8 bits; out has in's height.
void convolve_rows(const PixelView& in, const Taps& taps, Image& out);

/// The same along columns; out has in's width.
void convolve_columns(const PixelView& in, const Taps& taps, Image& out);

}  // namespace troodon::image
