#include "explore/neighbourhood.hpp"

namespace troodon::explore {

Neighbours neighbourhood(const Matrix& unit, int64_t k, size_t threads) {
  if (unit.rows == 0) return {};
  return index::nearest(unit, unit, {.k = k, .skip_self = true, .threads = threads});
}

}  // namespace troodon::explore
