#pragma once

#include <functional>

#include <torch/types.h>

namespace troodon::kernels {

/// function(x), of which a training step keeps x alone: the backward pass computes the rest a
/// second time, under the same precision, and lets gradients flow into x and into the parameters
/// that the function uses. It must give the same again, so it must not draw. Without gradients, or
/// where x itself needs none: function(x). Source: Chen et al. 2016, sublinear memory cost.
torch::Tensor checkpointed(const std::function<torch::Tensor(const torch::Tensor& x)>& function,
                           const torch::Tensor& x);

}  // namespace troodon::kernels
