#pragma once

#include "scene/scene.hpp"

namespace troodon::world {

/// A scene being furnished.
struct Stage {
  Scene& scene;
  Random& random;

  float vary(float low, float high) { return static_cast<float>(random.uniform(low, high)); }
  int count(int low, int high) { return static_cast<int>(random.integer(low, high)); }
  bool chance(double p) { return random.chance(p); }
  Vec shade(const Vec& colour) {
    const float warm = vary(-0.15F, 0.15F);
    return colour * Vec{1 + warm, 1, 1 - warm} * vary(0.7F, 1.25F);
  }
  Material matter(const Vec& first, const Vec& second, Pattern pattern, float scale) {
    const auto seed = static_cast<uint32_t>(random.next());
    return {.first = shade(first),
            .second = shade(second),
            .pattern = pattern,
            .scale = scale,
            .gloss = 0.05F,
            .seed = seed};
  }
  void add(const Mesh& mesh, const Material& material, bool casts = true) {
    scene.solids.push_back({.material = material, .mesh = mesh, .part = 0, .casts_shadow = casts});
  }
  /// A flat ground with the given paint at height y.
  void ground(const Material& material, float y = 0) {
    add(sheet(1,
              1,
              [=](float u, float v) { return Vec{120 * (u - 0.5F), y, 100 * (v - 0.5F) - 20}; }),
        material,
        false);
  }
  /// An upright plane facing +z at distance z.
  void upright(float z, float height, const Material& material) {
    add(sheet(1, 1, [=](float u, float v) { return Vec{40 * (u - 0.5F), height * v, z}; }),
        material,
        false);
  }
};

/// Any colours and pattern.
Material any_material(Stage& s);
/// Shapes without a name, up to `largest` metres, beside and behind the object.
void scatter(Stage& s, int n, float largest);

// outdoors.cpp: each furnishes the scene and sets sky and light.
void build_field(Stage& s);
void build_sea(Stage& s);
void build_desert(Stage& s);
void build_street(Stage& s);
void build_forest(Stage& s);

// indoors.cpp
void build_room(Stage& s);
void build_studio(Stage& s);
void build_wall(Stage& s);
void build_clutter(Stage& s);

}  // namespace troodon::world
