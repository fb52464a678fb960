#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

void build_fish(Maker& m) {
  const float half = m.vary(0.32F, 0.42F), tall = half * m.vary(0.35F, 0.75F), thick = tall * m.vary(0.4F, 0.65F);
  const float bend = m.vary(-0.12F, 0.12F);
  m.part("body", kOrange, 0.5F);
  m.add(sheet(16, 14, [=](float u, float v) {
    const float t = 2 * u - 1, a = 2 * kPi * v;
    const float fat = std::pow(std::max(std::sin(kPi * clamp01(0.04F + 0.92F * std::pow(clamp01(u), 0.85F))), 0.0F), 0.8F);
    return Vec{-half * -t, tall * fat * std::sin(a), thick * fat * std::cos(a) + bend * t * t * (t < 0 ? 1.0F : 0.0F)};
  }));
  m.part("tail", m.chance(0.5) ? kOrange : kYellow, 0.3F);
  const float reach = m.vary(0.16F, 0.28F), spread = tall * m.vary(0.7F, 1.1F), notch = m.vary(0.3F, 0.9F);
  for (const float side : {-1.0F, 1.0F}) {
    m.add(slab({{-half * 0.9F, 0.035F * side}, {-half * 0.9F, -0.02F * side}, {-half - reach * notch, 0}, {-half - reach, spread * side}}, 0.008F), shift({0, 0, bend}));
  }
  m.part("fin", kYellow, 0.3F);
  const float fin = tall * m.vary(0.35F, 0.7F);
  m.add(slab(smooth_loop({{half * 0.35F, tall * 0.8F}, {0, tall + fin}, {-half * 0.5F, tall * 0.8F + fin * 0.5F}, {-half * 0.5F, tall * 0.55F}}, 2), 0.008F));
  m.add(slab({{0.1F * half, -tall * 0.85F}, {-half * 0.25F, -tall - fin * 0.6F}, {-half * 0.35F, -tall * 0.7F}}, 0.008F));
  const Mesh side_fin = sheet(6, 4, [=](float u, float v) { return Vec{-0.16F * u, 0.07F * (2 * v - 1) * u - 0.04F * u, 0.09F * u}; });
  for (const float z : {-1.0F, 1.0F}) m.add(side_fin, shift({half * 0.3F, -tall * 0.15F, z * thick * 0.85F}) * stretch({1, 1, z}));
  for (const float z : {-1.0F, 1.0F}) {
    const Vec at = {half * 0.66F, tall * 0.2F, z * thick * 0.62F};
    m.part("eye", kWhite, 0.8F);
    m.add(ball(at, Vec{1, 1, 0.7F} * 0.05F));
    m.part("eye", kBlack, 0.9F);
    m.add(ball(at + Vec{0.008F, 0, z * 0.024F}, Vec{1, 1, 0.7F} * 0.028F));
  }
}

void build_bird(Maker& m) {
  const float fat = m.vary(0.11F, 0.17F), neck = m.vary(0.12F, 0.22F);
  const bool flying = m.chance(0.6);
  m.part("body", kBlue, 0.1F);
  m.add(tube({{0.22F, 0.1F, 0}, {0.1F, 0.02F, 0}, {-0.08F, 0, 0}, {-0.3F, 0.02F, 0}}, {fat * 0.5F, fat, fat * 0.95F, fat * 0.25F}, 12));
  m.part("head", m.chance(0.5) ? kBlue : kWhite, 0.1F);
  const Vec head = {0.24F + neck * 0.4F, 0.06F + neck, 0};
  const float skull = m.vary(0.075F, 0.105F);
  m.add(tube({{0.18F, 0.08F, 0}, head}, {fat * 0.6F, skull * 0.7F}));
  m.add(ball(head, Vec{1.1F, 1, 1} * skull));
  m.part("beak", kOrange, 0.3F);
  m.add(rod(head + Vec{skull * 0.8F, -0.01F, 0}, head + Vec{skull + m.vary(0.08F, 0.2F), m.vary(-0.06F, 0.01F), 0}, 0.035F, 0.004F));
  m.part("eye", kBlack, 0.9F);
  for (const float z : {-1.0F, 1.0F}) m.add(ball(head + Vec{skull * 0.5F, skull * 0.3F, z * skull * 0.8F}, Vec{1, 1, 1} * 0.018F));
  m.part("tail", kBlue, 0.1F);
  const float fan = m.vary(0.05F, 0.13F), back = m.vary(0.18F, 0.3F);
  m.add(sheet(4, 4, [=](float u, float v) { return Vec{-0.27F - back * u, 0.02F - 0.03F * u, (2 * v - 1) * (0.03F + fan * u)}; }));
  m.part("wing", kBlue, 0.1F);
  const float span = flying ? m.vary(0.4F, 0.58F) : 0.0F, lift = m.vary(-0.1F, 0.4F), chord = m.vary(0.2F, 0.28F);
  for (const float z : {-1.0F, 1.0F}) {
    if (flying) {
      m.add(sheet(12, 6, [=](float u, float v) {
        const float c = chord * (1 - 0.75F * u * u), feather = 0.03F * std::abs(std::sin(11 * u)) * v;
        return Vec{0.12F + 0.1F * std::sin(kPi * u) - c * v - 0.12F * u * u - feather, 0.06F + lift * std::sin(1.7F * u) - 0.03F * v, z * (fat * 0.6F + span * u)};
      }));
    } else {
      m.add(ball({}, {0.22F, 0.1F, 0.03F}), shift({-0.07F, 0.03F, z * fat * 0.93F}) * turn_z(-8));
    }
  }
  m.part("leg", kOrange, 0.2F);
  for (const float z : {-0.05F, 0.05F}) {
    const Vec foot = flying ? Vec{-0.14F, -fat - 0.06F, z} : Vec{0.02F, -fat - 0.17F, z};
    m.add(rod({-0.02F, -fat * 0.8F, z}, foot, 0.012F));
    m.add(rod(foot, foot + Vec{0.07F, flying ? -0.04F : 0.0F, 0}, 0.012F, 0.006F));
  }
}

namespace {

struct Beast {
  float leg, thick, head, muzzle, stride;
};

/// Body and legs that cats and dogs share; the head looks along +x from `neck`.
Vec add_trunk(Maker& m, const Beast& b, const Vec& colour) {
  const float half = 0.3F, y = b.leg + b.thick * 0.8F;
  m.part("body", colour, 0.05F);
  m.add(tube({{half, y + 0.03F, 0}, {half * 0.5F, y - 0.01F, 0}, {-half * 0.5F, y, 0}, {-half, y + 0.01F, 0}}, {b.thick * 0.9F, b.thick * 1.05F, b.thick * 0.9F, b.thick * 0.8F}, 12));
  const Vec neck = {half + 0.1F, y + m.vary(0.1F, 0.2F), 0};
  m.add(tube({{half * 0.8F, y + 0.02F, 0}, neck}, {b.thick * 0.75F, b.head * 0.7F}));
  m.part("leg", colour, 0.05F);
  for (const float end : {-1.0F, 1.0F}) {
    for (const float side : {-1.0F, 1.0F}) {
      const float x = end * half * 0.85F, z = side * b.thick * 0.6F, step = b.stride * end * side;
      m.add(tube({{x, y - 0.02F, z}, {x + step * 0.5F - 0.02F * end, b.leg * 0.5F, z}, {x + step, 0.025F, z}}, {b.thick * 0.5F, b.thick * 0.32F, b.thick * 0.28F}));
      m.add(ball({x + step + 0.025F, 0.022F, z}, {0.05F, 0.025F, 0.035F}));
    }
  }
  return neck;
}

}  // namespace

void build_cat(Maker& m) {
  const Vec colour = m.chance(0.5) ? kOrange : kGray;
  const Beast b{m.vary(0.16F, 0.24F), m.vary(0.1F, 0.14F), m.vary(0.12F, 0.15F), 0.03F, m.vary(-0.08F, 0.08F)};
  const Vec neck = add_trunk(m, b, colour), head = neck + Vec{0.04F, 0.06F, 0};
  m.part("head", colour, 0.05F);
  m.add(ball(head, Vec{0.9F, 0.88F, 1.05F} * b.head));
  m.add(ball(head + Vec{b.head * 0.75F, -b.head * 0.3F, 0}, Vec{0.4F, 0.35F, 0.5F} * b.head));
  m.part("ear", colour, 0.05F);
  for (const float z : {-1.0F, 1.0F}) {  // pointed, upright
    m.add(rod(head + Vec{0.01F, b.head * 0.55F, z * b.head * 0.6F}, head + Vec{0, b.head * m.vary(1.55F, 1.8F), z * b.head * 0.85F}, b.head * 0.42F, 0.004F, 8));
  }
  m.part("tail", colour, 0.05F);
  const float y = b.leg + b.thick, curl = m.vary(0.05F, 0.2F), up = m.vary(0.2F, 0.45F);
  m.add(tube({{-0.3F, y, 0}, {-0.45F, y + 0.02F, 0}, {-0.52F, y + up * 0.6F, 0}, {-0.52F + curl, y + up, 0.03F}}, {0.035F, 0.032F, 0.03F, 0.024F}));
  m.part("eye", kGreen, 0.9F);
  for (const float z : {-1.0F, 1.0F}) m.add(ball(head + Vec{b.head * 0.72F, b.head * 0.2F, z * b.head * 0.42F}, Vec{0.6F, 1, 1} * (b.head * 0.22F)));
  m.part("nose", kPink, 0.3F);
  m.add(ball(head + Vec{b.head * 1.12F, -b.head * 0.18F, 0}, Vec{1, 0.8F, 1} * 0.02F));
}

void build_dog(Maker& m) {
  const Vec colour = m.chance(0.5) ? kFur : kCream;
  const Beast b{m.vary(0.2F, 0.36F), m.vary(0.11F, 0.16F), m.vary(0.1F, 0.125F), m.vary(0.12F, 0.2F), m.vary(-0.1F, 0.1F)};
  const Vec neck = add_trunk(m, b, colour), head = neck + Vec{0.05F, 0.07F, 0};
  m.part("head", colour, 0.05F);
  m.add(ball(head, Vec{1.1F, 0.95F, 0.9F} * b.head));
  const Vec snout = head + Vec{b.head * 0.7F + b.muzzle, -b.head * 0.35F, 0};
  m.add(tube({head + Vec{b.head * 0.3F, -b.head * 0.2F, 0}, snout}, {b.head * 0.62F, b.head * 0.42F}));
  m.part("ear", m.chance(0.5) ? colour : kDarkWood, 0.05F);
  const float hang = m.vary(0.1F, 0.2F);
  for (const float z : {-1.0F, 1.0F}) {  // hanging flaps
    m.add(cushion({}, {0.055F, hang, 0.02F}, 0.8F), shift(head + Vec{-0.01F, b.head * 0.6F - hang * 0.75F, z * b.head * 1.02F}) * turn_x(z * -14));
  }
  m.part("tail", colour, 0.05F);
  const float y = b.leg + b.thick, up = m.vary(0.05F, 0.22F);
  m.add(tube({{-0.3F, y + 0.02F, 0}, {-0.4F, y + up * 0.6F, 0}, {-0.46F, y + up, m.vary(-0.06F, 0.06F)}}, {0.04F, 0.03F, 0.015F}));
  m.part("eye", kBlack, 0.9F);
  for (const float z : {-1.0F, 1.0F}) m.add(ball(head + Vec{b.head * 0.85F, b.head * 0.3F, z * b.head * 0.45F}, Vec{1, 1, 1} * 0.02F));
  m.part("nose", kBlack, 0.8F);
  m.add(ball(snout + Vec{b.head * 0.3F, b.head * 0.15F, 0}, Vec{1, 1, 1.2F} * 0.03F));
}

void build_turtle(Maker& m) {
  const float half = m.vary(0.3F, 0.38F), wide = half * m.vary(0.75F, 0.95F), tall = m.vary(0.17F, 0.28F), low = 0.1F;
  m.part("shell", kGreen, 0.3F);
  m.add(sheet(24, 8, [=](float u, float v) {
    const float a = 2 * kPi * u, up = kPi / 2 * v, knob = 1 + 0.035F * std::sin(6 * a) * std::sin(4 * up);
    return Vec{half * std::cos(up) * std::cos(a) * knob, low + tall * std::sin(up) * knob, wide * std::cos(up) * std::sin(a) * knob};
  }));
  m.add(ball({0, low, 0}, {half * 1.06F, 0.05F, wide * 1.06F}));
  m.part("head", kYellow, 0.1F);
  const float skull = m.vary(0.07F, 0.1F);
  const Vec head = {half + m.vary(0.12F, 0.2F), low + m.vary(0.05F, 0.16F), m.vary(-0.05F, 0.05F)};
  m.add(tube({{half * 0.8F, low + 0.01F, 0}, head}, {skull * 0.65F, skull * 0.6F}));
  m.add(ball(head, Vec{1.25F, 0.9F, 0.95F} * skull));
  m.part("eye", kBlack, 0.9F);
  for (const float z : {-1.0F, 1.0F}) m.add(ball(head + Vec{skull * 0.7F, skull * 0.35F, z * skull * 0.6F}, Vec{1, 1, 1} * 0.018F));
  m.part("leg", kYellow, 0.1F);
  for (const float x : {-1.0F, 1.0F}) {
    for (const float z : {-1.0F, 1.0F}) {
      const float step = m.vary(-0.04F, 0.06F);
      m.add(tube({{x * half * 0.65F, low, z * wide * 0.7F}, {x * half * 0.8F + step, 0.05F, z * wide * 1.05F}, {x * half * 0.85F + step + 0.03F, 0.02F, z * wide * 1.12F}}, {0.075F, 0.065F, 0.05F}));
    }
  }
  m.part("tail", kYellow, 0.1F);
  m.add(rod({-half * 0.95F, low, 0}, {-half - 0.12F, low - 0.04F, 0}, 0.035F, 0.006F));
}

}  // namespace troodon::world
