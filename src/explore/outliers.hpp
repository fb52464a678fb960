#pragma once

#include <vector>

#include "explore/neighbourhood.hpp"

namespace troodon::explore {

/// How strange each row is: its mean distance (1 - cosine) to its neighbours, scaled so that the
/// least strange is 0 and the strangest 1. [rows]
std::vector<float> outliers(const Neighbours& neighbours);

/// Rows from the strangest to the least; equal ones by number.
std::vector<int64_t> strangest_first(const std::vector<float>& outliers);

}  // namespace troodon::explore
