#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/features.hpp"

namespace troodon::index {

/// The k best rows for each query, best first.
struct Neighbours {
  int64_t k = 0;
  std::vector<int64_t> index;  ///< [queries, k] rows of the base
  std::vector<float> score;    ///< [queries, k] inner products

  std::span<const int64_t> index_of(int64_t query) const {
    return std::span(index).subspan(query * k, k);
  }
  std::span<const float> score_of(int64_t query) const {
    return std::span(score).subspan(query * k, k);
  }
};

struct NearestOptions {
  int64_t k = 10;          ///< cut to the rows there are
  bool skip_self = false;  ///< queries are the base itself: row i is no neighbour of query i
  size_t threads = 0;      ///< 0: all cores
};

/// Exact search: the rows of `base` with the largest inner product to each query; cosine if both
/// are normalised. Equal scores go by the lower row. The same answer for any number of threads.
/// Throws Error if the widths differ.
Neighbours nearest(const Matrix& queries, const Matrix& base, const NearestOptions& options = {});

}  // namespace troodon::index
