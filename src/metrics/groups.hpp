#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace troodon::metrics {

struct GroupOptions {
  int64_t samples = 1000;  ///< bootstrap draws; 0: no intervals (NaN)
  uint64_t seed = 0;
  double level = 0.95;  ///< of the intervals
  bool higher_is_better = true;
  int64_t few = 10;    ///< groups of fewer rows are flagged and kept out of gap and ratio
  size_t threads = 0;  ///< 0: all cores; the answer is the same for any
};

/// A value and its percentile interval.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

struct GroupValue {
  std::string name;
  int64_t count = 0;  ///< rows
  Estimate estimate;
  bool too_few = false;
};

/// A metric group by group: who is served badly.
struct GroupReport {
  std::vector<GroupValue> groups;  ///< worst first; NaN last
  Estimate overall;
  Estimate gap;    ///< best minus worst value, >= 0; NaN with fewer than two groups that count
  Estimate ratio;  ///< worst / best
};

/// A metric of some rows, possibly repeated; called from several threads at once. May be NaN.
using RowMetric = std::function<double(std::span<const int64_t> rows)>;

/// Splits a metric by a column [rows]. Intervals: rows are drawn with replacement, draw by draw,
/// and split anew; gap and ratio are of the two groups that are best and worst on all rows. Throws
/// Error if there are no rows.
GroupReport groups_of(std::span<const std::string> group_of_row,
                      const RowMetric& metric,
                      const GroupOptions& options = {});

/// The same, much faster, for a metric that is the mean of a value per row (accuracy: 0 or 1). Rows
/// with NaN do not count.
GroupReport groups_of(std::span<const std::string> group_of_row,
                      std::span<const double> value_of_row,
                      const GroupOptions& options = {});

}  // namespace troodon::metrics
