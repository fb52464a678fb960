#pragma once

#include <vector>

#include <torch/types.h>

namespace troodon::infer {

/// Share of pixels whose labels differ.
inline double apart(const std::vector<int32_t>& a, const torch::Tensor& b) {
  const torch::Tensor ours = torch::tensor(at::ArrayRef<int32_t>(a)).to(torch::kLong);
  return (ours != b.flatten()).to(torch::kDouble).mean().item<double>();
}

inline double largest_difference(const std::vector<float>& a, const torch::Tensor& b) {
  return (torch::tensor(at::ArrayRef<float>(a)) - b.flatten()).abs().max().item<double>();
}

}  // namespace troodon::infer
