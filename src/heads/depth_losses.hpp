#pragma once

#include <cstdint>

#include <torch/types.h>

namespace troodon::heads {

using torch::Tensor;

/// Along what GradientLoss differentiates.
enum class GradientAxes {
  official,  ///< dimensions 0 and 1 whatever they are: batch and channel of [B,1,H,W] (quirks.md
             ///< 22)
  spatial,   ///< the last two, as intended
};

struct DepthLossOptions {
  double sig_weight = 1.0;
  double gradient_weight = 0.5;
  double max_depth = 0;   ///< deeper targets don't count; 0: all known ones do
  int64_t warm_up = 100;  ///< iterations in which SigLoss is its mean term alone
  GradientAxes axes = GradientAxes::official;
};

/// Scale-invariant logarithmic loss: sqrt(var(g) + 0.15 mean(g)^2), g = log(pred + 0.001) -
/// log(target + 0.001) where 0 < target (<= max_depth, if that isn't 0). warm: the mean term alone.
/// Differentiable; unweighted. pred, target of one shape.
Tensor sig_loss(const Tensor& pred, const Tensor& target, double max_depth = 0, bool warm = false);

/// Differences of log depth between neighbours at strides 1, 2, 4, 6, over the valid pixels.
/// Unweighted.
Tensor gradient_loss(const Tensor& pred,
                     const Tensor& target,
                     double max_depth = 0,
                     GradientAxes axes = GradientAxes::official);

/// Weighted sum of both.
Tensor depth_loss(const Tensor& pred,
                  const Tensor& target,
                  const DepthLossOptions& options,
                  int64_t iteration);

}  // namespace troodon::heads
