#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

namespace {

struct Beast {
  float leg, thick, head, muzzle, stride;
};

/// Body and legs that cats and dogs share; the head looks along +x from `neck`.
Vec add_trunk(Maker& m, const Beast& b, const Vec& colour) {
  const float half = 0.3F, y = b.leg + b.thick * 0.8F;
  m.part("body", colour, 0.05F);
  m.add(tube({{half, y + 0.03F, 0},
              {half * 0.5F, y - 0.01F, 0},
              {-half * 0.5F, y, 0},
              {-half, y + 0.01F, 0}},
             {b.thick * 0.9F, b.thick * 1.05F, b.thick * 0.9F, b.thick * 0.8F},
             12));
  const Vec neck = {half + 0.1F, y + m.vary(0.1F, 0.2F), 0};
  m.add(tube({{half * 0.8F, y + 0.02F, 0}, neck}, {b.thick * 0.75F, b.head * 0.7F}));
  m.part("leg", colour, 0.05F);
  for (const float end : {-1.0F, 1.0F}) {
    for (const float side : {-1.0F, 1.0F}) {
      const float x = end * half * 0.85F, z = side * b.thick * 0.6F, step = b.stride * end * side;
      m.add(tube({{x, y - 0.02F, z},
                  {x + step * 0.5F - 0.02F * end, b.leg * 0.5F, z},
                  {x + step, 0.025F, z}},
                 {b.thick * 0.5F, b.thick * 0.32F, b.thick * 0.28F}));
      m.add(ball({x + step + 0.025F, 0.022F, z}, {0.05F, 0.025F, 0.035F}));
    }
  }
  return neck;
}

}  // namespace

void build_cat(Maker& m) {
  const Vec colour = m.chance(0.5) ? kOrange : kGray;
  const Beast b{m.vary(0.16F, 0.24F),
                m.vary(0.1F, 0.14F),
                m.vary(0.12F, 0.15F),
                0.03F,
                m.vary(-0.08F, 0.08F)};
  const Vec neck = add_trunk(m, b, colour), head = neck + Vec{0.04F, 0.06F, 0};
  m.part("head", colour, 0.05F);
  m.add(ball(head, Vec{0.9F, 0.88F, 1.05F} * b.head));
  m.add(ball(head + Vec{b.head * 0.75F, -b.head * 0.3F, 0}, Vec{0.4F, 0.35F, 0.5F} * b.head));
  m.part("ear", colour, 0.05F);
  for (const float z : {-1.0F, 1.0F}) {  // pointed, upright
    m.add(rod(head + Vec{0.01F, b.head * 0.55F, z * b.head * 0.6F},
              head + Vec{0, b.head * m.vary(1.55F, 1.8F), z * b.head * 0.85F},
              b.head * 0.42F,
              0.004F,
              8));
  }
  m.part("tail", colour, 0.05F);
  const float y = b.leg + b.thick, curl = m.vary(0.05F, 0.2F), up = m.vary(0.2F, 0.45F);
  m.add(tube({{-0.3F, y, 0},
              {-0.45F, y + 0.02F, 0},
              {-0.52F, y + up * 0.6F, 0},
              {-0.52F + curl, y + up, 0.03F}},
             {0.035F, 0.032F, 0.03F, 0.024F}));
  m.part("eye", kGreen, 0.9F);
  for (const float z : {-1.0F, 1.0F})
    m.add(ball(head + Vec{b.head * 0.72F, b.head * 0.2F, z * b.head * 0.42F},
               Vec{0.6F, 1, 1} * (b.head * 0.22F)));
  m.part("nose", kPink, 0.3F);
  m.add(ball(head + Vec{b.head * 1.12F, -b.head * 0.18F, 0}, Vec{1, 0.8F, 1} * 0.02F));
}

void build_dog(Maker& m) {
  const Vec colour = m.chance(0.5) ? kFur : kCream;
  const Beast b{m.vary(0.2F, 0.36F),
                m.vary(0.11F, 0.16F),
                m.vary(0.1F, 0.125F),
                m.vary(0.12F, 0.2F),
                m.vary(-0.1F, 0.1F)};
  const Vec neck = add_trunk(m, b, colour), head = neck + Vec{0.05F, 0.07F, 0};
  m.part("head", colour, 0.05F);
  m.add(ball(head, Vec{1.1F, 0.95F, 0.9F} * b.head));
  const Vec snout = head + Vec{b.head * 0.7F + b.muzzle, -b.head * 0.35F, 0};
  m.add(tube({head + Vec{b.head * 0.3F, -b.head * 0.2F, 0}, snout},
             {b.head * 0.62F, b.head * 0.42F}));
  m.part("ear", m.chance(0.5) ? colour : kDarkWood, 0.05F);
  const float hang = m.vary(0.1F, 0.2F);
  for (const float z : {-1.0F, 1.0F}) {  // hanging flaps
    m.add(cushion({}, {0.055F, hang, 0.02F}, 0.8F),
          shift(head + Vec{-0.01F, b.head * 0.6F - hang * 0.75F, z * b.head * 1.02F}) *
              turn_x(z * -14));
  }
  m.part("tail", colour, 0.05F);
  const float y = b.leg + b.thick, up = m.vary(0.05F, 0.22F);
  m.add(tube(
      {{-0.3F, y + 0.02F, 0}, {-0.4F, y + up * 0.6F, 0}, {-0.46F, y + up, m.vary(-0.06F, 0.06F)}},
      {0.04F, 0.03F, 0.015F}));
  m.part("eye", kBlack, 0.9F);
  for (const float z : {-1.0F, 1.0F})
    m.add(
        ball(head + Vec{b.head * 0.85F, b.head * 0.3F, z * b.head * 0.45F}, Vec{1, 1, 1} * 0.02F));
  m.part("nose", kBlack, 0.8F);
  m.add(ball(snout + Vec{b.head * 0.3F, b.head * 0.15F, 0}, Vec{1, 1, 1.2F} * 0.03F));
}

void build_turtle(Maker& m) {
  const float half = m.vary(0.3F, 0.38F), wide = half * m.vary(0.75F, 0.95F),
              tall = m.vary(0.17F, 0.28F), low = 0.1F;
  m.part("shell", kGreen, 0.3F);
  m.add(sheet(24, 8, [=](float u, float v) {
    const float a = 2 * kPi * u, up = kPi / 2 * v,
                knob = 1 + 0.035F * std::sin(6 * a) * std::sin(4 * up);
    return Vec{half * std::cos(up) * std::cos(a) * knob,
               low + tall * std::sin(up) * knob,
               wide * std::cos(up) * std::sin(a) * knob};
  }));
  m.add(ball({0, low, 0}, {half * 1.06F, 0.05F, wide * 1.06F}));
  m.part("head", kYellow, 0.1F);
  const float skull = m.vary(0.07F, 0.1F);
  const Vec head = {half + m.vary(0.12F, 0.2F), low + m.vary(0.05F, 0.16F), m.vary(-0.05F, 0.05F)};
  m.add(tube({{half * 0.8F, low + 0.01F, 0}, head}, {skull * 0.65F, skull * 0.6F}));
  m.add(ball(head, Vec{1.25F, 0.9F, 0.95F} * skull));
  m.part("eye", kBlack, 0.9F);
  for (const float z : {-1.0F, 1.0F})
    m.add(ball(head + Vec{skull * 0.7F, skull * 0.35F, z * skull * 0.6F}, Vec{1, 1, 1} * 0.018F));
  m.part("leg", kYellow, 0.1F);
  for (const float x : {-1.0F, 1.0F}) {
    for (const float z : {-1.0F, 1.0F}) {
      const float step = m.vary(-0.04F, 0.06F);
      m.add(tube({{x * half * 0.65F, low, z * wide * 0.7F},
                  {x * half * 0.8F + step, 0.05F, z * wide * 1.05F},
                  {x * half * 0.85F + step + 0.03F, 0.02F, z * wide * 1.12F}},
                 {0.075F, 0.065F, 0.05F}));
    }
  }
  m.part("tail", kYellow, 0.1F);
  m.add(rod({-half * 0.95F, low, 0}, {-half - 0.12F, low - 0.04F, 0}, 0.035F, 0.006F));
}

}  // namespace troodon::world
