#pragma once

#include <cstddef>

#include "index/nearest.hpp"

namespace troodon::explore {

using index::Matrix;
using index::Neighbours;

/// Rows of unit length and the nearest others of each: what map, clusters and outliers are made of.
/// Exact; time grows with the square of the rows (20,000 of width 384: about ten seconds).
Neighbours neighbourhood(const Matrix& unit, int64_t k = 15, size_t threads = 0);

}  // namespace troodon::explore
