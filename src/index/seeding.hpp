#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "index/features.hpp"

namespace troodon::index {

/// Rows to begin k-means with, by greedy k-means++: the first at random; then for each the best of
/// 2 + floor(ln k) rows drawn with probability proportional to the squared distance to the nearest
/// one so far (Arthur and Vassilvitskii 2007, section 3's greedy variant). `uniform` gives numbers
/// in [0, 1). k <= rows.rows; distinct rows, the same for any number of threads.
std::vector<int64_t> plus_plus_seeds(const Matrix& rows,
                                     int64_t k,
                                     const std::function<double()>& uniform,
                                     size_t threads = 0);

/// `count` distinct numbers below n, ascending, drawn with Random(seed). count <= n.
std::vector<int64_t> random_rows(int64_t n, int64_t count, uint64_t seed);

}  // namespace troodon::index
