#pragma once

#include <torch/types.h>

namespace troodon::kernels {

/// x @ weight^T + bias over the last dimension: x [...,I], weight [O,I], bias [O] or undefined ->
/// [...,O]. Differentiable. On the CPU float32 goes through oneDNN where LibTorch has it, which is
/// faster there than MKL's sgemm; everything else is linear_plain.
torch::Tensor linear(const torch::Tensor& x,
                     const torch::Tensor& weight,
                     const torch::Tensor& bias);

/// The same as LibTorch does it: what linear() is checked against.
torch::Tensor linear_plain(const torch::Tensor& x,
                           const torch::Tensor& weight,
                           const torch::Tensor& bias);

}  // namespace troodon::kernels
