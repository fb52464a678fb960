#pragma once

#include <cstdint>
#include <vector>

#include "curate/hierarchy.hpp"

namespace troodon::curate {

struct SamplingOptions {
  int64_t target = 0;      ///< rows wanted
  int64_t multiplier = 1;  ///< how often a row may come
  Pick pick = Pick::random;
  uint64_t seed = 0;
};

/// A balanced part of the rows a hierarchy is of: from its top down, each node's quota is shared
/// among its children by water filling, counted in rows; in a lowest cluster whole copies of it
/// and then some members are taken. Ascending, a row at most `multiplier` times, exactly
/// min(target, rows * multiplier) in all. Source: spec section 2.4.
std::vector<int64_t> balanced_sample(const Hierarchy& hierarchy, const SamplingOptions& options);

}  // namespace troodon::curate
