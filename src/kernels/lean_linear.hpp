#pragma once

#include <torch/types.h>

#include "kernels/linear.hpp"

namespace troodon::kernels {

/// What a LayerNorm over the last dimension learns: [I], [I].
struct NormWeights {
  torch::Tensor weight, bias;
  double eps = 1e-6;
};

/// linear(layer_norm(x), weight, bias), x [N,I]. The backward pass keeps x alone and norms it a
/// second time, which costs next to nothing beside the products. Values and gradients are those of
/// the two operations. Differentiable with Result::narrow too.
torch::Tensor linear_of_norm(const torch::Tensor& x,
                             const NormWeights& norm,
                             const torch::Tensor& weight,
                             const torch::Tensor& bias,
                             Result result = Result::wide);

/// The same of linear(gelu(x), weight, bias), with the exact GELU; x is what linear() gave
/// (product_operand), wide or narrow.
torch::Tensor linear_of_gelu(const torch::Tensor& x,
                             const torch::Tensor& weight,
                             const torch::Tensor& bias);

}  // namespace troodon::kernels
