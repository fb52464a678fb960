#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "geometry/camera.hpp"
#include "geometry/mesh.hpp"
#include "scene/material.hpp"

namespace troodon::world {

enum class Style { photo, cartoon, sketch, painting };
inline constexpr std::array<std::string_view, 4> kStyleNames = {
    "photo", "cartoon", "sketch", "painting"};

enum class Background { room, field, sea, desert, street, forest, studio, wall, clutter };
inline constexpr std::array<std::string_view, 9> kBackgroundNames = {
    "room", "field", "sea", "desert", "street", "forest", "studio", "wall", "clutter"};

/// One material's triangles. part > 0 belongs to the object (see ObjectClass::parts) and follows
/// Scene::pose; 0 is surroundings.
struct Solid {
  Material material;
  Mesh mesh;
  int part = 0;
  bool casts_shadow = true;
};

struct Sky {
  Vec zenith{0.15F, 0.35F, 0.75F};
  Vec horizon{0.65F, 0.75F, 0.85F};
  float clouds = 0;  ///< cover, 0 to 1
  float haze = 0;    ///< per metre
  uint32_t seed = 0;
};

struct Light {
  Vec toward{0, 1, 0};  ///< unit vector to the lamp or sun
  Vec colour{1, 1, 1};
  Vec above{0.3F, 0.3F, 0.3F};  ///< ambient light from above and below
  Vec below{0.1F, 0.1F, 0.1F};
};

/// What a picture will show; cheap, and all that it depends on.
struct Plan {
  int label = 0;
  Style style = Style::photo;
  Background background = Background::room;
  uint64_t seed = 0;
};

/// A lit scene in metres: the ground is y = 0, the object stands about the origin, the camera looks
/// along -z.
struct Scene {
  Plan plan;
  std::vector<Solid> solids;
  Sky sky;
  Light light;
  Camera camera;
  Affine pose;  ///< object to world
};

/// Builds everything from the plan; the same plan gives the same scene.
Scene compose(const Plan& plan);

/// Turns the camera about the object: `around` and `upward` in degrees, `nearer` a factor on the
/// distance. Stays above the ground.
Camera orbit(const Scene& scene, float around, float upward, float nearer);

/// Adds the surroundings and sets sky and light. `centre` is the object's middle.
void add_background(Scene& scene, Random& random);

}  // namespace troodon::world
