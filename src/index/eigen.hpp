#pragma once

#include <cstdint>
#include <vector>

namespace troodon::index {

struct EigenPairs {
  std::vector<double> values;   ///< [count], largest first
  std::vector<double> vectors;  ///< [count, n], orthonormal rows
};

/// All eigenvectors of a symmetric matrix [n, n] by cyclic Jacobi rotations: for small n.
EigenPairs jacobi_eigenvectors(std::vector<double> matrix);

/// The eigenvectors of the `count` largest eigenvalues of a symmetric positive semidefinite matrix
/// [n, n], by subspace iteration from a fixed start: the same matrix gives the same bits.
EigenPairs top_eigenvectors(const std::vector<double>& matrix, int64_t count);

}  // namespace troodon::index
