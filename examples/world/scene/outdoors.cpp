#include "scene/stage.hpp"
#include "shapes/catalog.hpp"

namespace troodon::world {

namespace {

void set_day(Stage& s) {
  Sky& sky = s.scene.sky;
  sky.seed = static_cast<uint32_t>(s.random.next());
  const int hour = s.count(0, 4);
  sky.clouds = hour == 2 ? 0.8F : s.vary(0.1F, 0.6F);
  sky.haze = s.vary(0.005F, 0.02F);
  if (hour == 1) {  // evening
    sky.zenith = {0.18F, 0.2F, 0.45F}, sky.horizon = {0.95F, 0.5F, 0.25F};
    s.scene.light.colour = {1.9F, 1.15F, 0.6F};
  } else if (hour == 2) {  // overcast
    sky.zenith = {0.45F, 0.48F, 0.53F}, sky.horizon = {0.65F, 0.67F, 0.68F};
    s.scene.light.colour = {0.7F, 0.7F, 0.72F};
  } else {
    sky.zenith = Vec{0.1F, 0.28F, 0.7F} * s.vary(0.7F, 1.2F), sky.horizon = {0.6F, 0.75F, 0.9F};
    s.scene.light.colour = {1.75F, 1.62F, 1.4F};
  }
  s.scene.light.above = sky.zenith * 0.35F + sky.horizon * 0.3F;
  s.scene.light.below = {0.14F, 0.12F, 0.09F};
}

void hills(Stage& s, const Vec& colour, float height) {
  for (int i = s.count(2, 5); i > 0; --i) {
    const float far = s.vary(18, 38), wide = s.vary(8, 18);
    s.add(ball({s.vary(-20, 20), -0.5F, -far}, {wide, height * s.vary(0.5F, 1.3F), wide * 0.6F}),
          s.matter(colour, colour * 0.7F, Pattern::mottle, 0.5F),
          false);
  }
}

void bushes(Stage& s, int n, float near_by) {
  for (int i = 0; i < n; ++i) {
    const float size = s.vary(0.2F, 0.7F);
    const Vec at = {s.vary(-5, 5), size * 0.5F, -s.vary(near_by, 9)};
    s.add(ball(at, {size * 1.2F, size, size}),
          s.matter({0.08F, 0.22F, 0.05F}, {0.03F, 0.1F, 0.02F}, Pattern::mottle, 7));
  }
}

}  // namespace

void build_field(Stage& s) {
  set_day(s);
  const bool snow = s.chance(0.15);
  s.ground(
      snow ? s.matter({0.8F, 0.82F, 0.85F}, {0.68F, 0.72F, 0.8F}, Pattern::mottle, 1.5F)
           : s.matter({0.12F, 0.32F, 0.05F}, {0.22F, 0.35F, 0.08F}, Pattern::grass, s.vary(3, 8)));
  hills(s, snow ? Vec{0.6F, 0.65F, 0.7F} : Vec{0.12F, 0.26F, 0.1F}, 4);
  bushes(s, s.count(0, 4), 2);
  if (!s.chance(0.3)) return;
  const Material rail = s.matter({0.4F, 0.3F, 0.2F}, {0.3F, 0.2F, 0.1F}, Pattern::wood, 4);
  const float z = -s.vary(1.2F, 3);
  for (const float y : {0.3F, 0.6F}) s.add(box({0, y, z}, {12, 0.04F, 0.02F}), rail);
  for (int i = -8; i <= 8; ++i) s.add(box({i * 0.9F, 0.37F, z}, {0.05F, 0.37F, 0.04F}), rail);
}

void build_sea(Stage& s) {
  set_day(s);
  const ObjectClass& kind = catalog()[s.scene.plan.label];
  const bool afloat = kind.name == "boat" || kind.stance == Stance::hovers;
  Material water =
      s.matter({0.03F, 0.16F, 0.24F}, {0.12F, 0.34F, 0.42F}, Pattern::ripples, s.vary(1, 2));
  water.gloss = 0.7F;
  s.ground(water, afloat ? 0 : -0.12F);
  if (!afloat) {
    Mesh dock;
    const bool sand = s.chance(0.4);
    if (sand)
      dock = ball({0, -0.14F, 0}, {1.7F, 0.145F, 1.4F});
    else
      dock = box({0, -0.06F, 0.2F}, {s.vary(0.8F, 2.5F), 0.06F, s.vary(0.8F, 1.3F)});
    s.add(dock,
          sand ? s.matter({0.65F, 0.5F, 0.3F}, {0.5F, 0.4F, 0.25F}, Pattern::mottle, 9)
               : s.matter({0.32F, 0.22F, 0.14F}, {0.08F, 0.05F, 0.03F}, Pattern::planks, 6),
          false);
  }
  for (int i = s.count(0, 2); i > 0; --i) {
    s.add(ball({s.vary(-14, 14), -0.3F, -s.vary(16, 30)}, {s.vary(2, 6), s.vary(0.8F, 3), 2}),
          s.matter({0.12F, 0.2F, 0.1F}, {0.25F, 0.2F, 0.15F}, Pattern::mottle, 0.8F),
          false);
  }
}

void build_desert(Stage& s) {
  set_day(s);
  s.ground(
      s.matter({0.72F, 0.48F, 0.24F}, {0.6F, 0.38F, 0.18F}, Pattern::ripples, s.vary(0.8F, 2)));
  hills(s, {0.68F, 0.42F, 0.2F}, 3.5F);
  for (int i = s.count(1, 6); i > 0; --i) {
    const float size = s.vary(0.06F, 0.35F), side = s.chance(0.5) ? 1.0F : -1.0F;
    s.add(cushion({side * s.vary(0.8F, 3), size * 0.4F, -s.vary(-0.3F, 4)},
                  {size * 1.3F, size * 0.8F, size},
                  s.vary(0.6F, 0.95F)),
          s.matter({0.4F, 0.26F, 0.16F}, {0.3F, 0.18F, 0.1F}, Pattern::mottle, 6));
  }
}

void build_street(Stage& s) {
  set_day(s);
  s.ground(s.matter({0.13F, 0.13F, 0.14F}, {0.2F, 0.2F, 0.2F}, Pattern::mottle, 14));
  const float kerb = -s.vary(0.8F, 1.6F), front = kerb - s.vary(1.2F, 3);
  s.add(box({0, 0.03F, kerb - 3}, {40, 0.05F, 3}),
        s.matter({0.42F, 0.4F, 0.38F}, {0.2F, 0.2F, 0.2F}, Pattern::tiles, 2),
        false);
  for (int i = -6; i <= 6; ++i) {
    s.add(box({i * 1.4F, 0.004F, 0.9F}, {0.4F, 0.003F, 0.05F}),
          s.matter({0.75F, 0.75F, 0.7F}, {0.7F, 0.7F, 0.7F}, Pattern::plain, 1),
          false);
  }
  for (float x = -9; x < 9;) {
    const float half = s.vary(0.9F, 2), tall = s.vary(1.5F, 5);
    const Vec middle = {x + half, tall / 2, front - 1};
    const bool brick = s.chance(0.5);
    s.add(box(middle, {half, tall / 2, 1}),
          s.matter(brick ? Vec{0.4F, 0.16F, 0.1F} : hsv(s.vary(0, 1), 0.25F, 0.75F),
                   {0.5F, 0.47F, 0.42F},
                   brick ? Pattern::bricks : Pattern::plain,
                   3));
    const Material glass{.first = {0.06F, 0.09F, 0.13F},
                         .second = {},
                         .pattern = Pattern::plain,
                         .scale = 1,
                         .gloss = 0.8F};
    const float pane = s.vary(0.14F, 0.22F), step = pane * s.vary(2.4F, 3.2F);
    for (float y = 0.55F; y + pane < tall; y += step * 1.3F) {
      for (float at = -half + step * 0.6F; at + pane < half; at += step) {
        s.add(box({middle.x + at, y, front}, {pane, pane * 1.3F, 0.01F}), glass, false);
      }
    }
    x += 2 * half;
  }
}

void build_forest(Stage& s) {
  set_day(s);
  s.ground(s.matter({0.1F, 0.1F, 0.04F}, {0.16F, 0.09F, 0.04F}, Pattern::mottle, 5));
  s.upright(-14, 12, s.matter({0.05F, 0.13F, 0.05F}, {0.12F, 0.22F, 0.1F}, Pattern::mottle, 0.8F));
  for (int i = s.count(8, 16); i > 0; --i) {  // trunks only: their crowns are above the picture
    const float far = s.vary(1.3F, 9), thick = s.vary(0.07F, 0.2F),
                x = s.vary(-1, 1) * (1 + far * 0.6F);
    s.add(rod({x, 0, -far}, {x + s.vary(-0.4F, 0.4F), 7, -far}, thick, thick * 0.7F),
          s.matter({0.16F, 0.1F, 0.06F}, {0.08F, 0.05F, 0.03F}, Pattern::wood, 3));
  }
  bushes(s, s.count(2, 6), 1.6F);
  s.scene.sky.haze = 0.03F;
  s.scene.light.colour = s.scene.light.colour * 0.85F;
}

}  // namespace troodon::world
