#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "match/places.hpp"

namespace troodon::match {

/// What the pairs of a rigid scene have to agree on.
enum class Verify { none, affine, homography };

using Transform = std::array<double, 9>;  ///< 3 x 3, row by row, on pixels (x, y, 1)

Point moved(const Transform& transform, const Point& point);

struct FitOptions {
  Verify kind = Verify::homography;
  double tolerance = 8;  ///< pixels in the second picture
  int64_t draws = 2000;
  uint64_t seed = 0;
};

/// The transform that most pairs agree on, and who does.
struct Fit {
  Transform transform = {};
  std::vector<uint8_t> inlier;  ///< [pairs]
  int64_t inliers = 0;
};

/// RANSAC (Fischler and Bolles 1981) with truncated squared errors as its cost (MSAC), then least
/// squares on the inliers till they stay the same. The same seed gives the same fit. None with
/// fewer pairs than the transform needs (3, 4) or where no draw is sane.
std::optional<Fit> fit_transform(std::span<const Point> from,
                                 std::span<const Point> to,
                                 const FitOptions& options = {});

/// The transform with the least squared errors over pairs weighted by weights [pairs] (empty: all
/// alike). None where the pairs do not determine it.
std::optional<Transform> least_squares(Verify kind,
                                       std::span<const Point> from,
                                       std::span<const Point> to,
                                       std::span<const double> weights = {});

}  // namespace troodon::match
