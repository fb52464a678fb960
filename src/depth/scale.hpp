#pragma once

#include <cstdint>
#include <span>

#include "depth/estimator.hpp"

namespace troodon::depth {

/// A place of the picture whose distance somebody measured.
struct Known {
  double x = 0, y = 0;  ///< pixels; (0, 0) is the upper left corner of the first one
  double metres = 0;    ///< along the camera's line of sight
};

/// In what depths are fitted: log d = a log p + b, or 1 / d = a / p + b (for heads that learnt
/// disparities).
enum class FitSpace { log, inverse };

struct Alignment {
  FitSpace space = FitSpace::log;
  double a = 1, b = 0;
  double error = 0;      ///< median of |said - known| / known, of the places that were used
  int64_t used = 0;      ///< places that the fit believes
  int64_t outliers = 0;  ///< those that it doesn't
};

/// The line through known distances (`of` many: the one that most of them agree on, then least
/// squares with Tukey's weights). One place, or places of about one depth, give a factor alone.
/// Throws Error (Exit::usage) for a place off the picture, a distance that isn't positive, or a
/// place of which nothing is known.
Alignment align(const Map& map, std::span<const Known> known, FitSpace space = FitSpace::log);

/// The depths in metres by that line; 0 where it leads behind the camera.
Map aligned(const Map& map, const Alignment& alignment);

}  // namespace troodon::depth
