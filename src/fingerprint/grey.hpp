#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/pixels.hpp"

namespace troodon::fingerprint {

/// The luma of a picture in sixteenths of a grey level, 0..4080; row-major.
struct Grey {
  int width = 0;
  int height = 0;
  std::vector<uint16_t> values;

  Grey() = default;
  Grey(int w, int h) : width(w), height(h), values(static_cast<size_t>(w) * h) {}
  uint16_t* row(int y) { return values.data() + static_cast<size_t>(y) * width; }
  const uint16_t* row(int y) const { return values.data() + static_cast<size_t>(y) * width; }
};

inline constexpr int kGreyLevel = 16;  ///< Grey's values per level of 8-bit luma

/// Longest side that `reduced` keeps, in pixels: what every fingerprint and signal looks at.
inline constexpr int kReducedSide = 256;

/// Luma (ITU-R 601), averaged over areas until the longer side is
/// kReducedSide at most. Integer sums: turning the picture turns the result, bit for bit.
Grey reduced(const image::Image& image);

/// Each output pixel is the mean of the area that it covers, larger or smaller; width, height >= 1.
Grey area_resize(const Grey& grey, int width, int height);

/// The same for a rectangle of the picture.
Grey area_resize(const Grey& grey, const image::Box& box, int width, int height);

}  // namespace troodon::fingerprint
