#pragma once

#include <torch/types.h>

namespace troodon::kernels {

/// x @ weight^T + bias over the last dimension: x [...,I], weight [O,I], bias [O] or undefined.
torch::Tensor linear(const torch::Tensor& x,
                     const torch::Tensor& weight,
                     const torch::Tensor& bias);

}  // namespace troodon::kernels
