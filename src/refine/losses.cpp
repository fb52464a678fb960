#include "refine/losses.hpp"

#include <ATen/ATen.h>

namespace troodon::refine {
namespace {

constexpr double kEdge = 0.05;  ///< step of the guide that counts as an edge, of a range of 1
/// Steps of a change below this count by their square: a slope costs less than a stair.
constexpr double kStair = 0.02;

/// Between each row (dim 2) or column (dim 3) and the next.
Tensor steps(const Tensor& picture, int64_t dim) {
  const int64_t n = picture.size(dim);
  return picture.narrow(dim, 1, n - 1) - picture.narrow(dim, 0, n - 1);
}

Tensor roughness_along(const Tensor& change, const Tensor& guide, int64_t dim) {
  const Tensor weight = at::exp(-steps(guide, dim).abs().mean(1, /*keepdim=*/true) / kEdge);
  const Tensor size = at::sqrt((steps(change, dim) / kStair).square() + 1) - 1;
  return (weight * size).mean();
}

}  // namespace

Tensor self_similarity(const Tensor& tokens) {
  const Tensor unit = tokens / tokens.norm(2, -1, /*keepdim=*/true).clamp_min(1e-8);
  return unit.matmul(unit.t());
}

Tensor structure_loss(const Tensor& similarity, const Tensor& target) {
  return (similarity - target).square().mean();
}

Tensor appearance_loss(const Tensor& token, const Tensor& target) {
  return (token - target).square().sum() / target.square().sum().clamp_min(1e-12);
}

Tensor roughness(const Tensor& change, const Tensor& guide) {
  return roughness_along(change, guide, 2) + roughness_along(change, guide, 3);
}

Tensor outside(const Tensor& picture) {
  return (picture - picture.detach().clamp(0, 1)).square().mean();
}

}  // namespace troodon::refine
