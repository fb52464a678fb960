#include "restyle/oklab.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/parallel.hpp"

namespace troodon::restyle {
namespace {

float linear(uint8_t value) {
  static const auto table = [] {
    std::array<float, 256> out = {};
    for (size_t i = 0; i < out.size(); ++i) {
      const double v = static_cast<double>(i) / 255;
      out[i] = static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return out;
  }();
  return table[value];
}

uint8_t encoded(float value) {
  const double v = std::clamp(static_cast<double>(value), 0.0, 1.0);
  const double s = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
  return static_cast<uint8_t>(std::lround(s * 255));
}

/// Linear red, green, blue of a colour whose opponents are scaled by `share`.
std::array<float, 3> rgb_of(const float* lab, float share) {
  const float a = lab[1] * share, b = lab[2] * share;
  const auto cube = [](float x) { return x * x * x; };
  const float l = cube(lab[0] + 0.3963377774F * a + 0.2158037573F * b);
  const float m = cube(lab[0] - 0.1055613458F * a - 0.0638541728F * b);
  const float s = cube(lab[0] - 0.0894841775F * a - 1.2914855480F * b);
  return {4.0767416621F * l - 3.3077115913F * m + 0.2309699292F * s,
          -1.2684380046F * l + 2.6097574011F * m - 0.3413193965F * s,
          -0.0041960863F * l - 0.7034186147F * m + 1.7076147010F * s};
}

bool fits(const std::array<float, 3>& rgb) {
  return std::ranges::all_of(rgb, [](float v) { return v > -2e-4F && v < 1.0002F; });
}

std::array<float, 3> fitted(const float* lab) {
  auto rgb = rgb_of(lab, 1);
  if (fits(rgb)) return rgb;
  float low = 0, high = 1;
  for (int i = 0; i < 8; ++i) {
    const float middle = (low + high) / 2;
    (fits(rgb_of(lab, middle)) ? low : high) = middle;
  }
  return rgb_of(lab, low);
}

}  // namespace

Lab to_lab(const image::Image& picture, size_t threads) {
  Lab out(picture.width, picture.height);
  parallel_for(
      static_cast<size_t>(picture.height),
      [&](size_t y) {
        const uint8_t* from = picture.row(static_cast<int>(y));
        float* to = out.values.data() + y * static_cast<size_t>(picture.width) * 3;
        for (int x = 0; x < picture.width; ++x, from += 3, to += 3) {
          const float r = linear(from[0]), g = linear(from[1]), b = linear(from[2]);
          const float l = std::cbrt(0.4122214708F * r + 0.5363325363F * g + 0.0514459929F * b);
          const float m = std::cbrt(0.2119034982F * r + 0.6806995451F * g + 0.1073969566F * b);
          const float s = std::cbrt(0.0883024619F * r + 0.2817188376F * g + 0.6299787005F * b);
          to[0] = 0.2104542553F * l + 0.7936177850F * m - 0.0040720468F * s;
          to[1] = 1.9779984951F * l - 2.4285922050F * m + 0.4505937099F * s;
          to[2] = 0.0259040371F * l + 0.7827717662F * m - 0.8086757660F * s;
        }
      },
      threads);
  return out;
}

image::Image to_srgb(const Lab& lab, size_t threads) {
  image::Image out(lab.width, lab.height);
  parallel_for(
      static_cast<size_t>(lab.height),
      [&](size_t y) {
        const float* from = lab.values.data() + y * static_cast<size_t>(lab.width) * 3;
        uint8_t* to = out.row(static_cast<int>(y));
        for (int x = 0; x < lab.width; ++x, from += 3, to += 3) {
          const auto rgb = fitted(from);
          for (size_t c = 0; c < 3; ++c) to[c] = encoded(rgb[c]);
        }
      },
      threads);
  return out;
}

}  // namespace troodon::restyle
