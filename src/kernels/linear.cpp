#include "kernels/linear.hpp"

#include <ATen/ATen.h>

namespace troodon::kernels {

torch::Tensor linear(const torch::Tensor& x,
                     const torch::Tensor& weight,
                     const torch::Tensor& bias) {
  return at::linear(x, weight, bias);
}

}  // namespace troodon::kernels
