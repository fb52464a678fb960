#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

namespace troodon::kernels {

/// Rows of logits that belong together, and what they should say.
struct TargetRows {
  int64_t rows = 0;
  /// Probabilities (or sums of several) [end-first,K], float32 or wider, which the caller may
  /// overwrite; first and end count from this part's first row.
  std::function<torch::Tensor(int64_t first, int64_t end)> at;
};

struct CrossEntropy {
  torch::Tensor total;  ///< 0-dim, sum of weight * rows; differentiable
  torch::Tensor rows;   ///< [R], each row's cross-entropy without its weight; no gradient
};

/// Cross-entropy of softmax(features @ prototypes^T / temperature) with targets, without logits:
/// these, their softmax and the targets exist for a block of rows at a time, and the gradients of
/// features and prototypes are made along the way, at the cost of no second product. features
/// [R,d], prototypes [K,d], weight [R]; parts make up the R rows in order. Products have linear()'s
/// precision, sums float32 at least. For gradients of first order. rows_at_once 0: as many as 64
/// MiB of float32 hold.
CrossEntropy fused_cross_entropy(const torch::Tensor& features,
                                 const torch::Tensor& prototypes,
                                 const torch::Tensor& weight,
                                 const std::vector<TargetRows>& parts,
                                 double temperature = 0.1,
                                 int64_t rows_at_once = 0);

/// The same with all logits and targets at once, by LibTorch's own gradients.
CrossEntropy cross_entropy_plain(const torch::Tensor& features,
                                 const torch::Tensor& prototypes,
                                 const torch::Tensor& weight,
                                 const std::vector<TargetRows>& parts,
                                 double temperature = 0.1);

}  // namespace troodon::kernels
