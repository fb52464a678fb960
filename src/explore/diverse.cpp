#include "explore/diverse.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "index/dot.hpp"

namespace troodon::explore {

std::vector<int64_t> diverse(const index::Matrix& unit,
                             std::span<const float> relevance,
                             int64_t k,
                             double diversity) {
  const auto n = static_cast<int64_t>(relevance.size());
  if (unit.rows != n) fail("{} vectors and {} relevances do not belong together", unit.rows, n);
  if (!(diversity >= 0 && diversity <= 1))
    fail(Exit::usage, "diversity lies between 0 and 1, {} doesn't", diversity);
  std::vector<int64_t> left(static_cast<size_t>(n)), out;
  std::iota(left.begin(), left.end(), 0);
  // Before anything is chosen there is nothing to be like.
  std::vector<float> like(static_cast<size_t>(n), 0), products(static_cast<size_t>(n));
  const auto worth = [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    return (1 - diversity) * relevance[at] - diversity * like[at];
  };
  while (!left.empty() && static_cast<int64_t>(out.size()) < k) {
    const auto best = std::ranges::max_element(left, {}, worth);  // of equals the first
    const int64_t chosen = *best;
    left.erase(best);
    index::dot_products({unit.row(chosen), 1, unit.dim}, unit, products.data(), n);
    for (size_t i = 0; i < products.size(); ++i)
      like[i] = out.empty() ? products[i] : std::max(like[i], products[i]);
    out.push_back(chosen);
  }
  return out;
}

}  // namespace troodon::explore
