#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troodon::image {

/// 8-bit sRGB picture, three channels, row-major HWC without padding.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;

  Image() = default;
  Image(int w, int h) : width(w), height(h), pixels(static_cast<size_t>(w) * h * 3) {}
  bool empty() const { return pixels.empty(); }
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * width * 3; }
  const uint8_t* row(int y) const { return pixels.data() + static_cast<size_t>(y) * width * 3; }
};

/// A rectangle in pixels, inside the picture.
struct Box {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
};

}  // namespace troodon::image
