#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/features.hpp"
#include "index/panels.hpp"

namespace troodon::index {

/// Centroids made ready to be compared with many rows, for instance with a pool that streams by.
class Centroids {
 public:
  /// Copies centroids [k, dim], k >= 1.
  explicit Centroids(const Matrix& centroids);

  int64_t count() const { return panels_.rows(); }
  int64_t dim() const { return panels_.dim(); }

  /// cluster[i] = the centroid nearest to row i (Euclidean), and if `distance` is not empty its
  /// squared distance. Where rounding leaves it open the distances are compared in double, and
  /// equal ones go by the lower centroid, so that threads and instruction sets do not matter.
  /// Returns the sum of squared distances to about six digits. Throws Error if the widths differ.
  double assign(const Matrix& rows,
                std::span<uint32_t> cluster,
                std::span<float> distance = {},
                size_t threads = 0) const;

 private:
  struct Block;
  double assign_block(const Block& block) const;
  void settle(const Block& block, std::span<const int64_t> open) const;

  std::vector<float> values_;  ///< [k, dim]
  Panels panels_;  ///< offset: half the squared norm, so that the least score is nearest
};

}  // namespace troodon::index
