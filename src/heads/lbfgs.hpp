#pragma once

#include <functional>

#include <torch/types.h>

namespace troodon::heads {

/// A function's value and its gradient, both float64.
struct Valued {
  double value = 0;
  torch::Tensor gradient;
};

struct LbfgsOptions {
  int64_t memory = 20;  ///< pairs of steps that are remembered
  int64_t max_evaluations = 1000;
  double tolerance = 1e-6;  ///< of the largest entry of the gradient
  double noise = 1e-15;     ///< how exact values are, relative to themselves
  /// About the inverse of the second derivative times a gradient; none: the identity.
  std::function<torch::Tensor(const torch::Tensor& gradient)> precondition;
};

struct LbfgsResult {
  torch::Tensor x;
  Valued at;
  int64_t evaluations = 0;
  bool converged = false;  ///< the tolerance was met; else it ran out of evaluations or of progress
};

/// Minimises a smooth function by limited-memory BFGS with a line search for the strong Wolfe
/// conditions (Nocedal & Wright 2006, algorithms 7.4, 3.5, 3.6), in the approximate form of
/// Hager & Zhang 2005 where values differ by less than their noise.
LbfgsResult minimise(const std::function<Valued(const torch::Tensor& x)>& function,
                     const torch::Tensor& start,
                     const LbfgsOptions& options);

}  // namespace troodon::heads
