#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stages/report/course.hpp"

namespace troodon::stages {

/// Wilson's 95 % interval of a share of which `count` of `all` were seen; {0, 1} of none.
std::pair<double, double> wilson(int64_t count, int64_t all);

/// How `values` ([items], "": not known) are spread over the pool and over a set of its items.
/// A value is over- or under-represented where the pool's share lies outside the interval of the
/// set's, and the one is less than 4/5 of the other.
Spread spread_of(const std::string& column,
                 const std::vector<std::string>& values,
                 const std::vector<int64_t>& set);

/// Spreads of the pool's labels, where there are any, and of each group column. Throws Error (exit
/// 4) for a column that the table lacks.
std::vector<Spread> spreads_of(const Course& course, const ReportOptions& options);

}  // namespace troodon::stages
