#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::curate {

/// The largest c with sum of min(sizes[i] * multiplier, c) <= target; the largest size * multiplier
/// if all fits. Source: ssl-data-curation's published description, spec section 2.4.
int64_t water_level(std::span<const int64_t> sizes, int64_t target, int64_t multiplier = 1);

/// How many to take of each cluster so that small ones are emptied and large ones share what is
/// left evenly: min(sizes[i] * multiplier, level), and one more of some that have more, drawn with
/// `seed`, so that the sum is exactly min(target, sum of sizes * multiplier). Throws Error for
/// negative numbers.
std::vector<int64_t> water_filling(std::span<const int64_t> sizes,
                                   int64_t target,
                                   int64_t multiplier,
                                   uint64_t seed);

}  // namespace troodon::curate
