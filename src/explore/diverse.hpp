#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/features.hpp"

namespace troodon::explore {

/// Which of some candidates to show, and in what order: each next one has the largest (1 -
/// diversity) * relevance - diversity * (largest cosine to those chosen before). Maximal marginal
/// relevance (Carbonell and Goldstein 1998). unit [n, dim], relevance [n] -> k places of them.
std::vector<int64_t> diverse(const index::Matrix& unit,
                             std::span<const float> relevance,
                             int64_t k,
                             double diversity);

}  // namespace troodon::explore
