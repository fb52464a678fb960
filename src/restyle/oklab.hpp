#pragma once

#include <vector>

#include "image/pixels.hpp"

namespace troodon::restyle {

/// A picture in OKLab (Ottosson 2020): lightness 0..1, two opponent colours about -0.4..0.4.
struct Lab {
  int width = 0, height = 0;
  std::vector<float> values;  ///< [height, width, 3]

  Lab() = default;
  Lab(int w, int h) : width(w), height(h), values(static_cast<size_t>(w) * h * 3) {}
  size_t pixels() const { return static_cast<size_t>(width) * height; }
};

Lab to_lab(const image::Image& picture, size_t threads = 0);

/// Back to 8-bit sRGB; what lies outside loses its colour, not its lightness, till it fits.
image::Image to_srgb(const Lab& lab, size_t threads = 0);

}  // namespace troodon::restyle
