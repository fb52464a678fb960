#include "annotate/cut/lab.hpp"

#include <array>
#include <cmath>

namespace troodon::annotate {
namespace {

std::array<float, 256> linear_light() {
  std::array<float, 256> out{};
  for (size_t i = 0; i < out.size(); ++i) {
    const double v = static_cast<double>(i) / 255;
    out[i] = static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
  }
  return out;
}

float curved(float t) {
  return t > 0.008856F ? std::cbrt(t) : 7.787F * t + 16.0F / 116;
}

}  // namespace

std::vector<float> lab_of(const image::Image& picture) {
  static const std::array<float, 256> linear = linear_light();
  std::vector<float> out(picture.pixels.size());
  for (size_t i = 0; i < out.size(); i += 3) {
    const float r = linear[picture.pixels[i]], g = linear[picture.pixels[i + 1]],
                b = linear[picture.pixels[i + 2]];
    const float x = curved((0.4124F * r + 0.3576F * g + 0.1805F * b) / 0.9505F),
                y = curved(0.2126F * r + 0.7152F * g + 0.0722F * b),
                z = curved((0.0193F * r + 0.1192F * g + 0.9505F * b) / 1.089F);
    out[i] = 1.16F * y - 0.16F;
    out[i + 1] = 5 * (x - y);
    out[i + 2] = 2 * (y - z);
  }
  return out;
}

}  // namespace troodon::annotate
