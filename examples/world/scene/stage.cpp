#include "scene/stage.hpp"

namespace troodon::world {

namespace {

Mesh any_shape(Stage& s, float size) {
  const Vec half = {size * s.vary(0.5F, 1), size * s.vary(0.4F, 1.2F), size * s.vary(0.5F, 1)};
  switch (s.count(0, 5)) {
    case 0:
      return box({0, half.y, 0}, half);
    case 1:
      return ball({0, half.y, 0}, half);
    case 2:
      return rod({0, 0, 0}, {0, 2 * half.y, 0}, half.x);
    case 3:
      return rod({0, 0, 0}, {0, 2 * half.y, 0}, half.x, 0.01F);
    case 4:
      return ring({0, half.x * 1.3F, 0}, {0.3F, 0.2F, 1}, half.x, half.x * 0.3F);
    default:
      return cushion({0, half.y, 0}, half, 0.4F);
  }
}

}  // namespace

Material any_material(Stage& s) {
  constexpr Pattern kAll[] = {Pattern::plain,
                              Pattern::plain,
                              Pattern::stripes,
                              Pattern::checker,
                              Pattern::spots,
                              Pattern::wood,
                              Pattern::marble,
                              Pattern::mottle,
                              Pattern::bricks,
                              Pattern::tiles,
                              Pattern::planks,
                              Pattern::zigzag};
  Material m{.pattern = kAll[s.count(0, 11)], .scale = s.vary(2, 9), .gloss = s.vary(0, 0.3F)};
  m.first = random_colour(s.random);
  m.second = random_colour(s.random);
  m.seed = static_cast<uint32_t>(s.random.next());
  return m;
}

void scatter(Stage& s, int n, float largest) {
  for (int i = 0; i < n; ++i) {
    const float angle = s.vary(-0.15F, 1.15F) * kPi, far = s.vary(0.75F, 2.4F),
                size = s.vary(0.08F, largest);
    const Affine place =
        shift({far * std::cos(angle), 0, -far * std::sin(angle)}) * turn_y(s.vary(0, 360));
    Mesh mesh;
    mesh.add(any_shape(s, size), place);
    s.add(mesh, any_material(s));
  }
}

void add_background(Scene& scene, Random& random) {
  Stage s{scene, random};
  const float around = s.vary(-75, 75) * kPi / 180, high = s.vary(28, 68) * kPi / 180;
  scene.light.toward = {
      std::sin(around) * std::cos(high), std::sin(high), std::cos(around) * std::cos(high)};
  constexpr void (*kSets[])(Stage&) = {build_room,
                                       build_field,
                                       build_sea,
                                       build_desert,
                                       build_street,
                                       build_forest,
                                       build_studio,
                                       build_wall,
                                       build_clutter};
  kSets[static_cast<int>(scene.plan.background)](s);
}

}  // namespace troodon::world
