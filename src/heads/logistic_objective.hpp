#pragma once

#include <torch/types.h>

#include "heads/lbfgs.hpp"
#include "heads/weights.hpp"

namespace troodon::heads {

/// Multinomial logistic regression as a function of its parameters [K,D+1] float64 (biases last):
/// mean cross-entropy + |weights|^2 * penalty / 2, which is the objective divided by C * rows.
struct LogisticProblem {
  Tensor x;        ///< [n,D] float32, contiguous
  Tensor targets;  ///< [n] int64
  int64_t classes = 0;
  double penalty = 0;  ///< 1 / (C * n)
  size_t threads = 0;  ///< 0: LibTorch's

  int64_t rows() const { return x.size(0); }
  /// The same of every n-th row, with the same penalty.
  LogisticProblem thinned(int64_t every) const;
};

/// Value and gradient in one pass over the rows, by blocks that stay in the cache. Products in
/// `precision` (float or double), sums over blocks in double: always the same blocks in the same
/// order, whatever the number of threads.
Valued evaluate(const LogisticProblem& problem, const Tensor& parameters, at::ScalarType precision);

/// About the inverse of the second derivative at `parameters`, as a function of a gradient: the
/// mean of (diag(p) - p p^T) times that of x x^T, weighted by how unsure the rows are (a Kronecker
/// product, exact at 0), plus the penalty.
std::function<Tensor(const Tensor& gradient)> inverse_curvature(const LogisticProblem& problem,
                                                                const Tensor& parameters);

}  // namespace troodon::heads
