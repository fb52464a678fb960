#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::metrics {

struct Point {
  double x = 0, y = 0;  ///< pixels
};

/// Share of points that lie within alpha * extent pixels of the truth. extent: the longer side of
/// the picture or the object's box. Points without truth (NaN) are left out; NaN if none is left.
/// Throws Error if the numbers differ.
double pck(std::span<const Point> predicted,
           std::span<const Point> truth,
           double extent,
           double alpha = 0.1);

/// Points carried from one picture to another.
struct PointPair {
  std::vector<Point> predicted, truth;
  double extent = 1;
};

struct PckScores {
  double per_pair = 0;   ///< mean of the pairs' shares
  double per_point = 0;  ///< share over all points
  int64_t points = 0;
};

/// Percentage of correct keypoints over many pairs, counted both ways that papers report.
PckScores pck_of(std::span<const PointPair> pairs, double alpha = 0.1);

}  // namespace troodon::metrics
