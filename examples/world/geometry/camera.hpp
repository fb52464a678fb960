#pragma once

#include "geometry/vec.hpp"

namespace troodon::world {

/// A pinhole without distortion, for square pictures. In units of the picture's side: x to the
/// right and y down from the top left corner, so that pixel (i, j) covers [i, i + 1) / size.
struct Camera {
  Vec eye{0, 0, 3};
  Vec right{1, 0, 0};
  Vec up{0, 1, 0};
  Vec forward{0, 0, -1};
  float focal = 1.5F;  ///< focal length / picture side

  /// (x, y, depth): depth is metres along `forward`.
  Vec project(const Vec& p) const {
    const Vec d = p - eye;
    const float depth = dot(d, forward), s = focal / depth;
    return {0.5F + s * dot(d, right), 0.5F - s * dot(d, up), depth};
  }
  /// The direction through (x, y), of length 1 along `forward`.
  Vec ray(float x, float y) const {
    return forward + right * ((x - 0.5F) / focal) + up * ((0.5F - y) / focal);
  }
};

/// A camera at `eye` that looks at `target`, rolled about its axis.
inline Camera look_at(const Vec& eye, const Vec& target, float focal, float roll_degrees) {
  const Vec forward = normalized(target - eye);
  const Vec side = normalized(cross(forward, {0, 1, 0})), up = cross(side, forward);
  const float c = std::cos(roll_degrees * kPi / 180), s = std::sin(roll_degrees * kPi / 180);
  return {eye, side * c + up * s, up * c - side * s, forward, focal};
}

}  // namespace troodon::world
