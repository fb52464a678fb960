#include "exports/mask.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "image/encode.hpp"

namespace troodon::exports {
namespace {

constexpr size_t kPaletteClasses = 255;  // 255 itself stands for no class
constexpr int32_t kLargest = 65534;

/// Whether a line belongs here: the pixel to the right or below is of another class.
bool on_border(const Mask& mask, int x, int y) {
  const int32_t label = mask.at(x, y);
  return (x + 1 < mask.width && mask.at(x + 1, y) != label) ||
         (y + 1 < mask.height && mask.at(x, y + 1) != label);
}

template <class Value>
std::vector<Value> values_of(const Mask& mask, int32_t none, int32_t largest) {
  std::vector<Value> out(mask.labels.size());
  for (size_t i = 0; i < out.size(); ++i) {
    const int32_t label = mask.labels[i];
    if (label > largest)
      fail(Exit::input, "class {} does not fit into a PNG of classes up to {}", label, largest);
    out[i] = static_cast<Value>(label < 0 ? none : label);
  }
  return out;
}

}  // namespace

const std::array<Colour, 256>& voc_colours() {
  // Bits 0, 3, 6 of the number are the high bits of red, bits 1, 4, 7 of green, 2, 5 of blue.
  static const std::array<Colour, 256> colours = [] {
    std::array<Colour, 256> out{};
    for (unsigned number = 0; number < out.size(); ++number) {
      for (unsigned bit = 0; bit < 8; ++bit)
        out[number][bit % 3] |= static_cast<uint8_t>((number >> bit & 1U) << (7 - bit / 3));
    }
    return out;
  }();
  return colours;
}

std::string index_png(const Mask& mask, size_t classes) {
  if (classes > kPaletteClasses)
    return image::encode_png_gray16(
        values_of<uint16_t>(mask, 65535, kLargest), mask.width, mask.height);
  return image::encode_png_palette(
      values_of<uint8_t>(mask, kNoClass, kNoClass), mask.width, mask.height, voc_colours());
}

image::Image overlay(const image::Image& picture, const Mask& mask, double opacity) {
  if (picture.width != mask.width || picture.height != mask.height) {
    fail(Exit::input,
         "a mask of {}x{} does not lie on a picture of {}x{}",
         mask.width,
         mask.height,
         picture.width,
         picture.height);
  }
  image::Image out = picture;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int32_t label = mask.at(x, y);
      if (label < 0) continue;
      const Colour& colour = voc_colours()[static_cast<size_t>(label) % 256];
      const double share = on_border(mask, x, y) ? std::min(1.0, opacity + 0.4) : opacity;
      uint8_t* pixel = out.row(y) + 3 * x;
      for (size_t k = 0; k < 3; ++k)
        pixel[k] = static_cast<uint8_t>(std::lround(std::lerp(pixel[k], colour[k], share)));
    }
  }
  return out;
}

}  // namespace troodon::exports
