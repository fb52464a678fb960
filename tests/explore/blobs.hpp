#pragma once

#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "index/features.hpp"

namespace troodon::explore {

/// Unit vectors about random centres: row i belongs to blob i % blobs.
inline index::Features blobs(
    int64_t rows, int64_t blobs, int64_t dim, double spread, uint64_t seed) {
  Random random(seed);
  std::vector<double> centres(static_cast<size_t>(blobs * dim));
  for (double& value : centres) value = random.normal();
  index::Features out{.rows = rows, .dim = dim};
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t d = 0; d < dim; ++d)
      out.values.push_back(static_cast<float>(centres[static_cast<size_t>(row % blobs * dim + d)] +
                                              spread * random.normal()));
    out.labels.push_back(row % blobs);
  }
  index::normalize_rows(out.values, dim);
  return out;
}

}  // namespace troodon::explore
