#pragma once

#include <cstdint>
#include <vector>

#include "image/pixels.hpp"

// A picture in floating point and what corrupt.cpp does to it; private to src/image.
namespace troodon::image {

/// sRGB values in [0, 1], row-major HWC; beyond its edge a picture goes on as its edge.
struct Canvas {
  int width = 0;
  int height = 0;
  std::vector<float> values;

  explicit Canvas(const Image& image);
  Canvas(int w, int h) : width(w), height(h), values(static_cast<size_t>(w) * h * 3) {}
  float* at(int y, int x) { return values.data() + (static_cast<size_t>(y) * width + x) * 3; }
  const float* at(int y, int x) const {
    return values.data() + (static_cast<size_t>(y) * width + x) * 3;
  }
  /// Adds weight times the colour between four pixels to sum [3].
  void add_between(double y, double x, float weight, float* sum) const;
  /// Clipped and rounded.
  Image image() const;
};

/// Every pixel as the mean over a disk, as a lens out of focus sees it.
Canvas defocused(const Canvas& from, double radius);

/// Every pixel as the mean along a line through it, `angle` in radians.
Canvas moved(const Canvas& from, double length, double angle);

/// The mean of enlargements from 1 to `most` about the centre.
Canvas zoomed(const Canvas& from, double most);

/// Every pixel from up to `reach` pixels away, in waves of about `wave` pixels.
Canvas bent(const Canvas& from, double reach, double wave, uint64_t seed);

/// A smooth random field in [0, 1] with a value of its own every `cell` pixels.
double smooth_noise(double y, double x, double cell, uint64_t seed);

/// The same in five sizes, each half as strong and as large as the one before.
double cloud(double y, double x, double cell, uint64_t seed);

}  // namespace troodon::image
