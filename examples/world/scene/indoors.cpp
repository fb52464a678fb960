#include "scene/stage.hpp"

namespace troodon::world {

namespace {

void set_lamp(Stage& s) {
  const float warm = s.vary(-0.2F, 0.25F), dim = s.vary(0.7F, 1.1F);
  s.scene.light.colour = Vec{1 + warm, 1, 1 - warm} * (1.25F * dim);
  s.scene.light.above = Vec{0.36F, 0.36F, 0.36F} * dim;
  s.scene.light.below = Vec{0.2F, 0.18F, 0.16F} * dim;
  s.scene.sky = {.zenith = {0.4F, 0.4F, 0.42F}, .horizon = {0.5F, 0.5F, 0.5F}};
}

}  // namespace

void build_room(Stage& s) {
  set_lamp(s);
  constexpr Pattern kFloors[] = {
      Pattern::planks, Pattern::tiles, Pattern::mottle, Pattern::checker};
  const int floor = s.count(0, 3);
  s.ground(
      s.matter({0.35F, 0.22F, 0.12F}, {0.1F, 0.07F, 0.05F}, kFloors[floor], floor == 0 ? 5 : 2.5F));
  constexpr Pattern kWalls[] = {Pattern::plain, Pattern::stripes, Pattern::plain, Pattern::zigzag};
  Material wall = s.matter(hsv(s.vary(0, 1), s.vary(0, 0.45F), s.vary(0.6F, 0.95F)),
                           {0.5F, 0.5F, 0.5F},
                           kWalls[s.count(0, 3)],
                           s.vary(1.5F, 4));
  wall.second = wall.first * s.vary(0.75F, 1.1F);
  const float back = -s.vary(1, 2.4F), side = s.vary(1.6F, 3);
  s.upright(back, 5, wall);
  for (const float x : {-side, side}) {
    s.add(sheet(1, 1, [=](float u, float v) { return Vec{x, 5 * v, back + 8 * u}; }), wall, false);
  }
  s.add(box({0, 0.06F, back}, {20, 0.06F, 0.02F}),
        s.matter({0.7F, 0.7F, 0.68F}, {0.7F, 0.7F, 0.68F}, Pattern::plain, 1),
        false);
  for (int i = s.count(0, 3); i > 0; --i) {  // pictures and windows
    const Vec at = {s.vary(-1.6F, 1.6F), s.vary(0.7F, 1.7F), back + 0.02F},
              half = {s.vary(0.15F, 0.4F), s.vary(0.15F, 0.45F), 0.02F};
    s.add(box(at, half), s.matter({0.3F, 0.2F, 0.1F}, {0.1F, 0.1F, 0.1F}, Pattern::plain, 1));
    s.add(box(at + Vec{0, 0, 0.02F}, half * Vec{0.86F, 0.86F, 0.3F}), any_material(s));
  }
  if (s.chance(0.4))
    s.add(rod({0, 0, 0}, {0, 0.012F, 0}, s.vary(0.8F, 1.2F), 0.8F, 32), any_material(s), false);
  scatter(s, s.count(0, 2), 0.3F);
}

void build_studio(Stage& s) {
  set_lamp(s);
  Material paper =
      s.matter(hsv(s.vary(0, 1), s.vary(0, 0.5F), s.vary(0.35F, 0.97F)), {}, Pattern::plain, 1);
  paper.gloss = 0;
  const float bend = 1.2F, back = -s.vary(1.5F, 2.5F);
  s.add(sheet(1,
              24,
              [=](float u, float v) {  // floor, quarter circle, wall
                const float along = 14 * v - 7, arc = clamp01(along / (bend * kPi / 2)) * kPi / 2;
                const float beyond = std::max(along - bend * kPi / 2, 0.0F);
                return Vec{40 * (u - 0.5F),
                           bend * (1 - std::cos(arc)) + beyond,
                           back - bend * std::sin(arc) + std::max(-along, 0.0F)};
              }),
        paper,
        false);
}

void build_wall(Stage& s) {
  set_lamp(s);
  s.upright(-s.vary(0.8F, 1.4F), 6, any_material(s));
  Material floor = any_material(s);
  floor.scale *= 0.5F;
  s.ground(floor);
}

void build_clutter(Stage& s) {
  s.chance(0.5) ? build_wall(s) : build_studio(s);
  scatter(s, s.count(7, 14), 0.38F);
}

}  // namespace troodon::world
