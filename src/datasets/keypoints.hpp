#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"

namespace troodon::datasets {

/// A place in pixels from the top left corner; the middle of the first pixel is 0.5, 0.5.
struct Point {
  double x = 0, y = 0;
};

/// Two pictures and places in them that show the same thing.
struct KeypointPair {
  std::string name;
  data::Item first, second;
  std::vector<Point> first_points, second_points;
  double extent = 0;  ///< pixels: the longer side of the object in the second picture; 0: unknown
};

/// Opens the small world's pairs (pairs.csv, and in each pair's folder points.csv, a.jpg, b.jpg) or
/// SPair-71k (PairAnnotation/SPLIT/*.json beside JPEGImages). Points that the second picture does
/// not show are left out. Throws Error (exit 4).
std::vector<KeypointPair> open_keypoints(const fs::path& folder, const std::string& split = "test");

}  // namespace troodon::datasets
