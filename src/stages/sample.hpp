#pragma once

#include "curate/sampling.hpp"
#include "stages/pool.hpp"
#include "stages/running.hpp"

namespace troodon::stages {

struct SampleOptions {
  fs::path features, only;
  fs::path clusters;  ///< of `cluster`, of the same pool
  fs::path out;       ///< manifest of the chosen pictures
  curate::SamplingOptions sampling;
  Running running;
};

/// How even classes are among the pool's and the chosen pictures: entropy of their labels over its
/// maximum, 1 is even. NaN without labels.
struct Balance {
  int64_t pool = 0, chosen = 0;
  double entropy_before = 0, entropy_after = 0;
};

/// A balanced part of the pool (Vo et al. 2024, section 3.3): each cluster of each level gives as
/// much as the others, as far as it can. Throws Error.
Balance sample(const SampleOptions& options);

/// Entropy of the labels of some rows over the maximum for the labels the pool has; NaN without.
double label_entropy(const Pool& pool, const std::vector<int64_t>& rows);

}  // namespace troodon::stages
