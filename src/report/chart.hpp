#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/report.hpp"

namespace troodon::report {

/// What a page keeps of a line: extremes for drawing, bucket means for smoothing.
struct Thinned {
  std::vector<double> x, y;            ///< every minimum and maximum survives, in order of x
  std::vector<double> mean_x, mean_y;  ///< one point a bucket; empty when nothing was left out
};

/// At most `limit` + 2 points (limit >= 2) of a line sorted by x: the lowest and highest of each of
/// limit / 2 buckets, and both ends. Points with x that is not finite are dropped; y that is not
/// finite becomes NaN. Throws Error when x and y differ in length.
Thinned thin_out(const Series& series, size_t limit = 2000);

/// The chart's <figure>: title, legend buttons, an empty <svg> that the script fills, and a table
/// with the first, lowest, highest and last value of each line. Its id is chart-<index>.
std::string chart_html(const Chart& chart, size_t index);

/// The chart's data for the script, safe inside a <script> element; NaN is null.
std::string chart_json(const Chart& chart);

}  // namespace troodon::report
