#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "index/features.hpp"

namespace troodon::curate {

/// Unit vectors, some of them planted at a known cosine to another.
struct Planted {
  int64_t dim;
  Random random;
  std::vector<float> values = {};

  int64_t rows() const { return static_cast<int64_t>(values.size()) / dim; }
  index::Matrix matrix() const { return {values.data(), rows(), dim}; }

  void add_random(int64_t count) {
    const size_t first = values.size();
    for (int64_t i = 0; i < count * dim; ++i) values.push_back(static_cast<float>(random.normal()));
    index::normalize_rows(std::span(values).subspan(first), dim);
  }
  /// A unit vector whose cosine with `original` (dim floats) is `cosine`.
  void add_near(const float* original, double cosine) {
    std::vector<double> other(static_cast<size_t>(dim));
    double along = 0, length = 0;
    for (int64_t d = 0; d < dim; ++d) {
      other[d] = random.normal();
      along += other[d] * original[d];
    }
    for (int64_t d = 0; d < dim; ++d) {
      other[d] -= along * original[d];
      length += other[d] * other[d];
    }
    const double across = std::sqrt((1 - cosine * cosine) / length);
    std::vector<float> row;
    for (int64_t d = 0; d < dim; ++d)
      row.push_back(static_cast<float>(cosine * original[d] + across * other[d]));
    values.insert(values.end(), row.begin(), row.end());
  }
};

}  // namespace troodon::curate
