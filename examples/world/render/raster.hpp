#pragma once

#include <cstdint>
#include <vector>

#include "scene/scene.hpp"

namespace troodon::world {

/// All triangles of a scene in world space.
struct Drawing {
  struct Face {
    uint32_t a, b, c;
    int solid;
  };
  std::vector<Vec> points;   ///< world
  std::vector<Vec> normals;  ///< world
  std::vector<Vec> locals;   ///< object space for the object: where textures and labels stick
  std::vector<Face> faces;
};

Drawing assemble(const Scene& scene);

/// Per pixel, the nearest face and its nearness (1 / depth for a camera; grows towards the viewer).
struct Visibility {
  int size = 0;
  std::vector<float> nearness;  ///< 0: nothing
  std::vector<int32_t> face;    ///< -1: nothing

  explicit Visibility(int side)
      : size(side), nearness(static_cast<size_t>(side) * side), face(nearness.size(), -1) {}
  size_t at(int x, int y) const { return static_cast<size_t>(y) * size + x; }
};

/// What the camera sees at the centres of size x size pixels, exact.
Visibility look(const Drawing& drawing, const Camera& camera, int size);

/// Depth from the light, for shadows: an orthographic view of the surroundings of the object.
struct ShadowMap {
  Visibility depth;
  Vec right, up, toward, centre;
  float reach = 2.6F;  ///< half the side, metres

  /// The lit share at p, 0 to 1, over a soft edge.
  float lit(const Vec& p) const;
};
ShadowMap cast_shadows(const Scene& scene, const Drawing& drawing, int size);

/// A point on a surface.
struct Hit {
  Vec position, local, normal;  ///< the normal faces the viewer
  float depth = 0;
};
Hit hit_at(const Drawing& drawing, int face, const Camera& camera, const Vec& ray, float nearness);

/// The first face on the ray through (x, y) of the camera (in picture sides) and its depth; face
/// -1: nothing. Exact and slow: for single points.
struct Traced {
  int face = -1;
  float depth = 0;
};
Traced trace(const Drawing& drawing, const Camera& camera, float x, float y);

}  // namespace troodon::world
