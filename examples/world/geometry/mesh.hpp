#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "geometry/vec.hpp"

namespace troodon::world {

/// Triangles with one normal per point. Both faces are drawn, so their order is free.
struct Mesh {
  std::vector<Vec> points;
  std::vector<Vec> normals;
  std::vector<std::array<uint32_t, 3>> triangles;

  /// Appends a copy of `other`, placed.
  void add(const Mesh& other, const Affine& place = {});
};

using Path = std::vector<Vec>;
using Outline = std::vector<Flat>;

/// The surface point(u, v), u and v in [0, 1], sampled columns x rows; normals by differences.
template <class Surface>
Mesh sheet(int columns, int rows, Surface point) {
  Mesh mesh;
  constexpr float kStep = 1e-3F;
  for (int j = 0; j <= rows; ++j) {
    for (int i = 0; i <= columns; ++i) {
      const float u = static_cast<float>(i) / columns, v = static_cast<float>(j) / rows;
      mesh.points.push_back(point(u, v));
      mesh.normals.push_back(normalized(cross(point(u + kStep, v) - point(u - kStep, v),
                                              point(u, v + kStep) - point(u, v - kStep))));
      if (i == columns || j == rows) continue;
      const auto a = static_cast<uint32_t>(j * (columns + 1) + i), b = a + columns + 1;
      mesh.triangles.push_back({a, a + 1, b + 1});
      mesh.triangles.push_back({a, b + 1, b});
    }
  }
  return mesh;
}

/// An ellipsoid.
Mesh ball(const Vec& centre, const Vec& radii);
/// A box with sharp edges.
Mesh box(const Vec& centre, const Vec& half);
/// A box with rounded edges; `round` in (0, 1], 1 being an ellipsoid.
Mesh cushion(const Vec& centre, const Vec& half, float round);
/// A body turned about the y axis from (radius, height) points; corners above 40 degrees stay
/// sharp.
Mesh lathe(std::span<const Flat> profile, int segments = 24);
inline Mesh lathe(const Outline& profile) {
  return lathe(std::span<const Flat>(profile));
}
/// A cylinder or cone from a to b, closed.
Mesh rod(const Vec& a, const Vec& b, float radius_a, float radius_b, int segments = 12);
inline Mesh rod(const Vec& a, const Vec& b, float radius) {
  return rod(a, b, radius, radius);
}
/// A torus.
Mesh ring(const Vec& centre, const Vec& axis, float radius, float thickness);
/// A tube through the path, its radius given per path point; the ends are round.
Mesh tube(const Path& path, const std::vector<float>& radii, int sides = 9);
/// A plate: the outline (star-shaped about its mean) in the xy plane, from -half to +half in z.
Mesh slab(const Outline& outline, float half);

/// Points between the given ones on a Catmull-Rom curve, `pieces` per span, ends included.
Path smooth(const Path& path, int pieces);
Outline smooth(const Outline& outline, int pieces);
/// The same for a closed outline.
Outline smooth_loop(const Outline& outline, int pieces);

}  // namespace troodon::world
