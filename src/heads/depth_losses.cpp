#include "heads/depth_losses.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace troodon::heads {
namespace {

constexpr double kDepthOffset = 0.001;  // added to depths before the logarithm
constexpr double kMeanWeight = 0.15;    // of the squared mean
constexpr int64_t kApart = 2;           // pixels between two neighbours

Tensor valid(const Tensor& target, double max_depth) {
  const Tensor known = target > 0;
  return max_depth > 0 ? known.logical_and(target <= max_depth) : known;
}

Tensor difference(const Tensor& pred, const Tensor& target) {
  return (pred + kDepthOffset).log() - (target + kDepthOffset).log();
}

Tensor every(const Tensor& x, int64_t dim, int64_t stride) {
  return x.slice(dim, 0, std::nullopt, stride);
}

/// Sum of |x[i] - x[i + 2]| along one dimension, where both are valid.
Tensor change(const Tensor& x, const Tensor& mask, int64_t dim) {
  const int64_t pairs = std::max<int64_t>(x.size(dim) - kApart, 0);
  const int64_t from = std::min<int64_t>(kApart, x.size(dim));
  const Tensor both = mask.narrow(dim, 0, pairs).logical_and(mask.narrow(dim, from, pairs));
  return ((x.narrow(dim, 0, pairs) - x.narrow(dim, from, pairs)).abs() * both).sum();
}

}  // namespace

Tensor sig_loss(const Tensor& pred, const Tensor& target, double max_depth, bool warm) {
  TORCH_CHECK(pred.sizes() == target.sizes(), "prediction and target differ in shape");
  const Tensor mask = valid(target, max_depth);
  if (mask.sum().item<int64_t>() < 2) {
    fail(Exit::input, "a batch has no two pixels whose depth is known (above 0 and in range)");
  }
  const Tensor g = difference(pred.masked_select(mask), target.masked_select(mask));
  const Tensor mean = kMeanWeight * g.mean().square();
  return (warm ? mean : g.var() + mean).sqrt();
}

Tensor gradient_loss(const Tensor& pred,
                     const Tensor& target,
                     double max_depth,
                     GradientAxes axes) {
  TORCH_CHECK(pred.sizes() == target.sizes() && pred.dim() >= 2, "two maps of one shape");
  const int64_t first = axes == GradientAxes::official ? 0 : pred.dim() - 2, second = first + 1;
  Tensor sum = at::zeros({}, pred.options());
  for (const int64_t stride : {1, 2, 4, 6}) {
    const auto thinned = [&](const Tensor& x) {
      return every(every(x, first, stride), second, stride);
    };
    const Tensor depth = thinned(target), mask = valid(depth, max_depth);
    const Tensor g = difference(thinned(pred), depth) * mask;
    sum = sum + (change(g, mask, first) + change(g, mask, second)) / mask.sum().clamp_min(1);
  }
  return sum;
}

Tensor depth_loss(const Tensor& pred,
                  const Tensor& target,
                  const DepthLossOptions& options,
                  int64_t iteration) {
  Tensor loss =
      options.sig_weight * sig_loss(pred, target, options.max_depth, iteration < options.warm_up);
  if (options.gradient_weight != 0) {
    loss = loss +
           options.gradient_weight * gradient_loss(pred, target, options.max_depth, options.axes);
  }
  return loss;
}

}  // namespace troodon::heads
