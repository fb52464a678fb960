#pragma once

#include <torch/types.h>

namespace troodon::kernels {

/// Whether the products below take these: float32 matrices on a CPU with AMX, large enough to be
/// worth it. LibTorch's switch for oneDNN turns these off too.
bool use_tiles(const torch::Tensor& left, const torch::Tensor& right, int64_t outputs);

/// Products of a linear layer by tile_gemm() on LibTorch's threads: x [...,I] @ weight [O,I]^T +
/// bias [O] (or undefined) -> [...,O]; dy [N,O] @ weight [O,I] -> [N,I]; dy [N,O]^T @ x [N,I] ->
/// [O,I]. Not differentiable.
torch::Tensor tile_linear(const torch::Tensor& x,
                          const torch::Tensor& weight,
                          const torch::Tensor& bias);
torch::Tensor tile_input_gradient(const torch::Tensor& dy, const torch::Tensor& weight);
torch::Tensor tile_weight_gradient(const torch::Tensor& dy, const torch::Tensor& x);

}  // namespace troodon::kernels
