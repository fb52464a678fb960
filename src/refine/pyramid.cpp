#include "refine/pyramid.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

namespace troodon::refine {
namespace {

using torch::Tensor;

constexpr int64_t kSmallest = 4;  ///< rows or columns of the coarsest plane, about
constexpr int64_t kGrey = 3;      ///< so many of the finest planes have no colours
constexpr double kFine = 0.4;     ///< rate of each of those, of the next coarser one's
constexpr double kBeta1 = 0.9, kBeta2 = 0.99, kEps = 1e-8;

int64_t half(int64_t side) {
  return std::max<int64_t>(1, (side + 1) / 2);
}

/// Lightness, red against blue, green against both: orthonormal, so that no colour moves faster.
Tensor opponents() {
  const double a = 1 / std::sqrt(3.0), b = 1 / std::sqrt(2.0), c = 1 / std::sqrt(6.0);
  return torch::tensor({a, b, -c, a, 0.0, 2 * c, a, -b, -c}).to(torch::kFloat).view({3, 3});
}

}  // namespace

Pyramid::Pyramid(int64_t height, int64_t width, torch::Device device)
    : height_(height), width_(width), colours_(opponents().to(device)) {
  for (int64_t h = height, w = width;; h = half(h), w = half(w)) {
    const auto number = static_cast<int64_t>(planes_.size());
    const bool last = std::min(h, w) < 2 * kSmallest;
    const int64_t channels = number < kGrey && !last ? 1 : 3;
    Plane plane{.values = torch::zeros({1, channels, h, w}, device),
                .mean = torch::zeros({1, channels, h, w}, device),
                .mean_square = torch::zeros({1, channels, h, w}, device),
                .rate = std::pow(kFine, std::max<int64_t>(0, kGrey - number))};
    plane.values.requires_grad_(true);
    planes_.push_back(std::move(plane));
    if (last) return;
  }
}

Tensor Pyramid::change() const {
  Tensor sum = torch::zeros({1, 3, height_, width_}, colours_.options());
  for (const Plane& plane : planes_) {
    Tensor values = plane.values;
    if (values.size(2) != height_ || values.size(3) != width_)
      values = at::upsample_bilinear2d(values, {height_, width_}, /*align_corners=*/false);
    if (values.size(1) == 1) values = at::constant_pad_nd(values, {0, 0, 0, 0, 0, 2});
    sum = sum + values;
  }
  return at::matmul(colours_, sum.flatten(2)).view_as(sum);
}

void Pyramid::step(double rate) {
  const torch::NoGradGuard frozen;
  ++steps_;
  const auto n = static_cast<double>(steps_);
  const double first = 1 - std::pow(kBeta1, n), second = 1 - std::pow(kBeta2, n);
  for (Plane& plane : planes_) {
    const Tensor gradient = plane.values.grad();
    plane.mean.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    plane.mean_square.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const Tensor scale = (plane.mean_square / second).sqrt_().add_(kEps);
    plane.values.addcdiv_(plane.mean, scale, -rate * plane.rate / first);
    plane.values.mutable_grad().reset();
  }
}

}  // namespace troodon::refine
