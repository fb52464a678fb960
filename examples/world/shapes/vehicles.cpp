#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

namespace {

/// A wheel in the xy plane about `centre`, its axle along z.
void add_tyre(Maker& m, const Vec& centre, float radius, float half) {
  m.add(ring(centre, {0, 0, 1}, radius - half, half));
  m.add(
      rod(centre - Vec{0, 0, half * 0.5F}, centre + Vec{0, 0, half * 0.5F}, radius - half * 0.8F));
}

}  // namespace

void build_car(Maker& m) {
  const float half = m.vary(0.42F, 0.52F), wide = m.vary(0.18F, 0.23F),
              wheel = m.vary(0.085F, 0.125F);
  const float low = wheel * 0.75F, belt = low + m.vary(0.13F, 0.2F),
              roof = belt + m.vary(0.12F, 0.2F);
  const float nose = belt - m.vary(0, 0.06F);
  m.part("body", kRed, 0.7F);
  m.add(slab(smooth_loop({{-half, low},
                          {0, low},
                          {half, low},
                          {half * 1.03F, mix_of(low, nose, 0.5F)},
                          {half * 0.95F, nose},
                          {0, belt},
                          {-half * 0.97F, belt},
                          {-half * 1.03F, mix_of(low, belt, 0.6F)}},
                         3),
             wide));
  const float front = half * m.vary(0.25F, 0.5F), rear = -half * m.vary(0.5F, 0.95F);
  const float roof_front = front - m.vary(0.08F, 0.2F), roof_rear = rear + m.vary(0.02F, 0.16F);
  m.part("cabin", kGlass, 0.9F);
  m.add(slab({{front, belt - 0.02F}, {roof_front, roof}, {roof_rear, roof}, {rear, belt - 0.02F}},
             wide * 0.9F));
  m.part("body", kRed, 0.7F);
  m.add(cushion({(roof_front + roof_rear) / 2, roof, 0},
                {(roof_front - roof_rear) / 2 + 0.015F, 0.018F, wide * 0.92F},
                0.4F));
  const float pillar = mix_of(front, rear, m.vary(0.45F, 0.55F));
  for (const float z : {-wide * 0.905F, wide * 0.905F}) {
    m.add(rod({front, belt, z}, {roof_front, roof, z}, 0.014F));
    m.add(rod({rear, belt, z}, {roof_rear, roof, z}, 0.018F));
    m.add(rod({pillar, belt, z}, {pillar, roof, z}, 0.014F));
  }
  m.part("wheel", kBlack, 0.1F);
  const float axle = half * m.vary(0.58F, 0.68F);
  for (const float z : {-wide, wide}) {
    for (const float x : {-axle, axle}) add_tyre(m, {x, wheel, z}, wheel, 0.03F);
  }
  m.part("wheel", kSteel, 0.7F);
  for (const float z : {-wide - 0.018F, wide + 0.018F}) {
    for (const float x : {-axle, axle})
      m.add(ball({x, wheel, z}, {wheel * 0.5F, wheel * 0.5F, 0.012F}));
  }
  m.part("light", kYellow, 0.9F);
  for (const float z : {-wide * 0.7F, wide * 0.7F})
    m.add(ball({half * 0.99F, mix_of(low, nose, 0.65F), z}, {0.03F, 0.03F, 0.04F}));
}

void build_boat(Maker& m) {
  const float half = m.vary(0.4F, 0.55F), wide = m.vary(0.13F, 0.19F), deep = m.vary(0.14F, 0.22F);
  const float rake = m.vary(0.15F, 0.3F);
  m.part("hull", m.chance(0.5) ? kRed : kWood, 0.4F);
  const auto hull = [=](float u, float v) {
    const float t = 2 * u - 1,
                plan = std::pow(std::max(1 - std::pow(std::abs(t), 2.6F), 0.0F), 0.8F);
    const float side = 2 * v - 1, bowl = std::pow(std::abs(side), 0.45F);
    const float rim = deep * (1 + rake * t * t);
    return Vec{half * t * (1 + 0.12F * (bowl - 1)),
               rim * (std::abs(side) * 0.92F + 0.08F),
               wide * plan * std::copysign(bowl, side)};
  };
  m.add(sheet(20, 14, hull));
  m.part("hull", kWood, 0.3F);
  m.add(sheet(16, 2, [=](float u, float v) {
    return hull(u, v) * Vec{1, 0, 1} + Vec{0, deep * 0.85F, 0};
  }));
  m.add(sheet(16, 1, [=](float u, float v) {
    const Vec rim = hull(u, 1);
    return Vec{rim.x, deep * 0.88F, rim.z * (2 * v - 1)};
  }));
  if (m.chance(0.65)) {
    const float tall = m.vary(0.7F, 0.95F), foot = m.vary(-0.02F, 0.1F);
    m.part("mast", kWood);
    m.add(rod({foot, deep * 0.7F, 0}, {foot, tall, 0}, 0.018F, 0.012F));
    m.part("sail", kWhite, 0.02F);
    const auto sail = [&](float reach, float low, float high, float belly) {
      m.add(sheet(8, 8, [=](float u, float v) {
        return Vec{foot + reach * (1 - v) * u + (reach > 0 ? 0.02F : -0.02F),
                   mix_of(low, high, v),
                   belly * std::sin(kPi * clamp01(u)) * (1 - v)};
      }));
    };
    sail(-half * m.vary(0.75F, 0.95F), deep + 0.08F, tall * 0.97F, m.vary(0.05F, 0.12F));
    if (m.chance(0.6))
      sail(
          half * m.vary(0.6F, 0.85F), deep + 0.1F, tall * m.vary(0.7F, 0.9F), m.vary(0.05F, 0.12F));
    return;
  }
  m.part("cabin", kWhite, 0.3F);
  const float house = half * m.vary(0.25F, 0.4F), top = deep + m.vary(0.12F, 0.22F);
  m.add(box({-half * 0.15F, (deep * 0.8F + top) / 2, 0},
            {house, (top - deep * 0.8F) / 2, wide * 0.6F}));
  m.add(box({-half * 0.15F, top + 0.07F, 0}, {house * 0.5F, 0.07F, wide * 0.45F}));
  m.part("mast", kBlack);
  m.add(rod({-half * 0.3F, top + 0.12F, 0}, {-half * 0.33F, top + m.vary(0.28F, 0.4F), 0}, 0.045F));
}

void build_plane(Maker& m) {
  const float half = 0.5F, thick = m.vary(0.055F, 0.08F), sweep = m.vary(0, 0.2F),
              span = m.vary(0.42F, 0.55F);
  m.part("body", kWhite, 0.5F);
  m.add(tube(
      {{half, 0, 0}, {half * 0.8F, 0, 0}, {0, 0, 0}, {-half * 0.6F, 0.01F, 0}, {-half, 0.03F, 0}},
      {thick * 0.45F, thick * 0.95F, thick, thick * 0.8F, thick * 0.2F},
      12));
  const float chord = m.vary(0.13F, 0.2F), dihedral = m.vary(0, 0.07F),
              high = m.chance(0.4) ? thick * 0.8F : -thick * 0.4F;
  const auto wing = [](float reach, float depth, float back, float up) {
    return sheet(10, 6, [=](float u, float v) {  // v runs around the profile, u along the span
      const float c = depth * (1 - 0.55F * u), a = 2 * kPi * v;
      return Vec{-back * u + 0.5F * c * std::cos(a), up * u + 0.09F * c * std::sin(a), reach * u};
    });
  };
  const auto both = [&](const Mesh& half_wing, const Affine& place) {
    m.add(half_wing, place);
    m.add(half_wing, place * stretch({1, 1, -1}));
  };
  m.part("wing", m.chance(0.5) ? kWhite : kBlue, 0.4F);
  both(wing(span, chord * 1.2F, sweep, dihedral), shift({0.08F, high, 0}));
  const bool biplane = sweep < 0.08F && m.chance(0.4);
  if (biplane)
    both(wing(span, chord, sweep, dihedral), shift({0.1F, high + (high > 0 ? -0.16F : 0.2F), 0}));
  m.part("tail", kRed, 0.4F);
  both(wing(span * 0.4F, chord * 0.7F, 0.08F, 0.01F), shift({-half * 0.88F, 0.04F, 0}));
  m.add(wing(m.vary(0.15F, 0.22F), chord * 0.95F, 0.12F, 0),
        shift({-half * 0.86F, 0.03F, 0}) * turn_x(-90));
  m.part("engine", kSteel, 0.5F);
  if (sweep > 0.08F) {
    for (const float z : {-span * 0.38F, span * 0.38F}) {
      m.add(rod({-0.02F, high - 0.05F, z}, {0.13F, high - 0.05F, z}, 0.03F, 0.042F));
    }
  } else {  // a propeller at the nose
    m.add(rod({half, 0, 0}, {half + 0.05F, 0, 0}, 0.03F, 0.01F));
    const Mesh blade = cushion({}, {0.008F, 0.17F, 0.022F}, 0.7F);
    m.add(blade, shift({half + 0.04F, 0, 0}) * turn_x(m.vary(0, 90)));
  }
  m.part("window", kGlass, 0.9F);
  m.add(ball({half * 0.72F, thick * 0.55F, 0}, {0.07F, thick * 0.6F, thick * 0.75F}));
}

void build_bicycle(Maker& m) {
  const float radius = m.vary(0.2F, 0.25F), base = m.vary(0.27F, 0.34F),
              thick = m.vary(0.014F, 0.02F);
  m.part("wheel", kBlack, 0.1F);
  const Vec rear = {-base, radius, 0}, front = {base, radius, 0};
  for (const Vec& hub : {rear, front}) {
    m.add(ring(hub, {0, 0, 1}, radius - 0.02F, 0.02F));
    m.add(rod(hub - Vec{0, 0, 0.03F}, hub + Vec{0, 0, 0.03F}, 0.02F));
  }
  m.part("wheel", kSteel, 0.5F);
  const int spokes = m.count(6, 10);
  for (const Vec& hub : {rear, front}) {
    for (int i = 0; i < spokes; ++i) {
      const float a = kPi * i / spokes;
      const Vec out = Vec{std::cos(a), std::sin(a), 0} * (radius - 0.02F);
      m.add(rod(hub - out, hub + out, 0.004F, 0.004F, 4));
    }
  }
  m.part("frame", kRed, 0.5F);
  const Vec crank = {-0.04F, radius * 0.9F, 0}, seat = {-0.12F, radius * m.vary(2, 2.3F), 0};
  const Vec steer = {base - 0.09F, radius * m.vary(2, 2.35F), 0},
            drop = {0, m.chance(0.7) ? 0.0F : -0.16F, 0};
  for (const auto& [a, b] : {std::pair{rear, crank},
                             {rear, seat},
                             {crank, seat},
                             {crank, steer},
                             {seat + drop, steer},
                             {steer, front}}) {
    m.add(rod(a, b, thick, thick, 8));
  }
  m.part("handlebar", kBlack, 0.4F);
  const Vec bar = steer + Vec{-0.02F, 0.08F, 0};
  m.add(rod(steer, bar, 0.012F));
  m.add(tube({bar + Vec{-0.07F, 0, -0.15F},
              bar + Vec{0.02F, 0.02F, -0.1F},
              bar,
              bar + Vec{0.02F, 0.02F, 0.1F},
              bar + Vec{-0.07F, 0, 0.15F}},
             {0.014F, 0.014F, 0.014F, 0.014F, 0.014F},
             6));
  m.part("saddle", kDarkWood, 0.3F);
  m.add(rod(seat, seat + Vec{-0.02F, 0.07F, 0}, 0.012F));
  m.add(cushion(seat + Vec{-0.02F, 0.09F, 0}, {0.085F, 0.022F, 0.045F}, 0.7F));
}

void build_rocket(Maker& m) {
  const float wide = m.vary(0.11F, 0.18F), low = m.vary(0.1F, 0.18F), high = m.vary(0.6F, 0.75F),
              belly = m.vary(1, 1.25F);
  m.part("body", kWhite, 0.5F);
  m.add(lathe(smooth(
      Outline{{wide * 0.75F, low}, {wide * belly, mix_of(low, high, 0.45F)}, {wide * 0.85F, high}},
      5)));
  m.part("nose", kRed, 0.5F);
  m.add(lathe(smooth(
      Outline{{wide * 0.85F, high}, {wide * 0.5F, mix_of(high, 1.0F, 0.55F)}, {0.005F, 1}}, 4)));
  m.part("engine", kGray, 0.4F);
  m.add(lathe(Outline{{wide * 0.65F, low - 0.08F}, {wide * 0.4F, low + 0.02F}}));
  m.part("fin", kRed, 0.4F);
  const int fins = m.count(3, 4);
  const float out = wide * m.vary(1.7F, 2.4F), tall = m.vary(0.22F, 0.34F), first = m.vary(0, 90);
  for (int i = 0; i < fins; ++i) {
    m.add(
        slab({{wide * 0.6F, low}, {out, 0}, {out * 1.02F, tall * 0.4F}, {wide * 0.8F, low + tall}},
             0.016F),
        turn_y(first + 360.0F * i / fins));
  }
  m.part("window", kGlass, 0.9F);
  const int windows = m.count(1, 3);
  for (int i = 0; i < windows; ++i) {
    const float y = mix_of(low, high, 0.85F - 0.25F * i), r = wide * (belly + 0.85F) / 2;
    for (const float z : {-1.0F, 1.0F})
      m.add(ball({0, y, z * r * 0.96F}, {wide * 0.35F, wide * 0.35F, 0.03F}));
  }
}

}  // namespace troodon::world
