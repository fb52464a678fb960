#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/features.hpp"

namespace troodon::index {

/// Rows copied in the order in which they meet other vectors fastest: for rows that many vectors
/// are compared with (centroids, blocks of a graph). Twice as fast as dot_products where the CPU
/// has AVX-512.
class Panels {
 public:
  static constexpr int64_t kVectors = 8;  ///< that meet a panel together
  static constexpr int64_t kWidth = 48;   ///< rows of a panel

  /// Copies rows [n, dim]; offsets [n], empty: zeros.
  explicit Panels(const Matrix& rows, std::span<const float> offsets = {});

  int64_t rows() const { return rows_; }
  int64_t dim() const { return dim_; }
  int64_t count() const { return (rows_ + kWidth - 1) / kWidth; }

  /// scores[v * kWidth + j] = offset - inner product of vectors[v] and row panel * kWidth + j;
  /// infinity past the last row. least[v]: the smallest of them. `vectors`: kVectors pointers to
  /// dim() floats, one of them repeated where there are fewer. A score's bits depend on its two
  /// vectors and the instruction set alone.
  void scores(const float* const* vectors, int64_t panel, float* scores, float* least) const;

 private:
  int64_t rows_, dim_;
  std::vector<float> values_;   ///< [count, dim, kWidth]
  std::vector<float> offsets_;  ///< [count, kWidth]
};

}  // namespace troodon::index
