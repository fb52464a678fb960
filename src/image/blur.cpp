#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "image/colour.hpp"
#include "image/vectorised.hpp"

namespace troodon::image {
namespace {

/// weights[d] for distance d from the centre; both sides together sum to one.
std::vector<float> half_kernel(int radius, double sigma) {
  std::vector<float> weights(static_cast<size_t>(radius) + 1);
  for (int d = 0; d <= radius; ++d) {
    const double x = d / sigma;
    weights[d] = static_cast<float>(std::exp(-0.5 * x * x));
  }
  float sum = weights[0];
  for (int d = 1; d <= radius; ++d) sum += 2 * weights[d];
  for (float& weight : weights) weight /= sum;
  return weights;
}

/// Mirrors an index into [0, n) without repeating the border.
int reflect(int i, int n) {
  if (n == 1) return 0;
  while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
  return i;
}

/// The vertical sum for one output row, as float32.
void blur_down(const Image& image, int y, const std::vector<float>& weights, float* sums) {
  const size_t n = static_cast<size_t>(image.width) * 3;
  const uint8_t* const centre = image.row(y);
  const float middle = weights[0];
  vectorised([=]() __attribute__((always_inline)) {
    for (size_t i = 0; i < n; ++i) sums[i] = middle * static_cast<float>(centre[i]);
  });
  for (int d = 1; d < static_cast<int>(weights.size()); ++d) {
    const uint8_t* const above = image.row(reflect(y - d, image.height));
    const uint8_t* const below = image.row(reflect(y + d, image.height));
    const float weight = weights[d];
    vectorised([=]() __attribute__((always_inline)) {
      for (size_t i = 0; i < n; ++i) sums[i] += weight * static_cast<float>(above[i] + below[i]);
    });
  }
}

/// Extends a row of `width` pixels by `radius` mirrored pixels on both sides.
void mirror_ends(float* row, int width, int radius) {
  const auto pixel = [row](int x) { return row + static_cast<ptrdiff_t>(x) * 3; };
  for (int d = 1; d <= radius; ++d) {
    std::copy_n(pixel(reflect(-d, width)), 3, pixel(-d));
    std::copy_n(pixel(reflect(width - 1 + d, width)), 3, pixel(width - 1 + d));
  }
}

/// The horizontal sum of a mirrored row, rounded half to even. `sums` is scratch, [n].
void blur_across(
    const float* row, const std::vector<float>& weights, size_t n, float* sums, uint8_t* out) {
  const float middle = weights[0];
  vectorised([=]() __attribute__((always_inline)) {
#pragma GCC ivdep
    for (size_t i = 0; i < n; ++i) sums[i] = middle * row[i];
  });
  for (size_t d = 1; d < weights.size(); ++d) {
    const float weight = weights[d];
    const float *const left = row - d * 3, *const right = row + d * 3;
    vectorised([=]() __attribute__((always_inline)) {
#pragma GCC ivdep
      for (size_t i = 0; i < n; ++i) sums[i] += weight * (left[i] + right[i]);
    });
  }
  vectorised([=]() __attribute__((always_inline)) {
#pragma GCC ivdep
    for (size_t i = 0; i < n; ++i) {
      const float whole = (sums[i] + 0x1.8p23F) - 0x1.8p23F;  // nearest integer, ties to even
      out[i] = static_cast<uint8_t>(static_cast<int>(whole));
    }
  });
}

}  // namespace

void gaussian_blur(Image& image, int kernel, double sigma) {
  assert(kernel % 2 == 1 && sigma > 0);
  if (image.empty()) return;
  const int radius = kernel / 2;
  const std::vector<float> weights = half_kernel(radius, sigma);
  const size_t n = static_cast<size_t>(image.width) * 3;
  std::vector<float> padded(n + static_cast<size_t>(radius) * 6), sums(n);
  float* const row = padded.data() + static_cast<size_t>(radius) * 3;
  Image out(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    blur_down(image, y, weights, row);
    mirror_ends(row, image.width, radius);
    blur_across(row, weights, n, sums.data(), out.row(y));
  }
  image = std::move(out);
}

}  // namespace troodon::image
