#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

void build_fish(Maker& m) {
  const float half = m.vary(0.32F, 0.42F), tall = half * m.vary(0.35F, 0.75F),
              thick = tall * m.vary(0.4F, 0.65F);
  const float bend = m.vary(-0.12F, 0.12F);
  m.part("body", kOrange, 0.5F);
  m.add(sheet(16, 14, [=](float u, float v) {
    const float t = 2 * u - 1, a = 2 * kPi * v;
    const float fat = std::pow(
        std::max(std::sin(kPi * clamp01(0.04F + 0.92F * std::pow(clamp01(u), 0.85F))), 0.0F), 0.8F);
    return Vec{-half * -t,
               tall * fat * std::sin(a),
               thick * fat * std::cos(a) + bend * t * t * (t < 0 ? 1.0F : 0.0F)};
  }));
  m.part("tail", m.chance(0.5) ? kOrange : kYellow, 0.3F);
  const float reach = m.vary(0.16F, 0.28F), spread = tall * m.vary(0.7F, 1.1F),
              notch = m.vary(0.3F, 0.9F);
  for (const float side : {-1.0F, 1.0F}) {
    m.add(slab({{-half * 0.9F, 0.035F * side},
                {-half * 0.9F, -0.02F * side},
                {-half - reach * notch, 0},
                {-half - reach, spread * side}},
               0.008F),
          shift({0, 0, bend}));
  }
  m.part("fin", kYellow, 0.3F);
  const float fin = tall * m.vary(0.35F, 0.7F);
  m.add(slab(smooth_loop({{half * 0.35F, tall * 0.8F},
                          {0, tall + fin},
                          {-half * 0.5F, tall * 0.8F + fin * 0.5F},
                          {-half * 0.5F, tall * 0.55F}},
                         2),
             0.008F));
  m.add(slab({{0.1F * half, -tall * 0.85F},
              {-half * 0.25F, -tall - fin * 0.6F},
              {-half * 0.35F, -tall * 0.7F}},
             0.008F));
  const Mesh side_fin = sheet(6, 4, [=](float u, float v) {
    return Vec{-0.16F * u, 0.07F * (2 * v - 1) * u - 0.04F * u, 0.09F * u};
  });
  for (const float z : {-1.0F, 1.0F})
    m.add(side_fin, shift({half * 0.3F, -tall * 0.15F, z * thick * 0.85F}) * stretch({1, 1, z}));
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
  m.add(tube({{0.22F, 0.1F, 0}, {0.1F, 0.02F, 0}, {-0.08F, 0, 0}, {-0.3F, 0.02F, 0}},
             {fat * 0.5F, fat, fat * 0.95F, fat * 0.25F},
             12));
  m.part("head", m.chance(0.5) ? kBlue : kWhite, 0.1F);
  const Vec head = {0.24F + neck * 0.4F, 0.06F + neck, 0};
  const float skull = m.vary(0.075F, 0.105F);
  m.add(tube({{0.18F, 0.08F, 0}, head}, {fat * 0.6F, skull * 0.7F}));
  m.add(ball(head, Vec{1.1F, 1, 1} * skull));
  m.part("beak", kOrange, 0.3F);
  m.add(rod(head + Vec{skull * 0.8F, -0.01F, 0},
            head + Vec{skull + m.vary(0.08F, 0.2F), m.vary(-0.06F, 0.01F), 0},
            0.035F,
            0.004F));
  m.part("eye", kBlack, 0.9F);
  for (const float z : {-1.0F, 1.0F})
    m.add(ball(head + Vec{skull * 0.5F, skull * 0.3F, z * skull * 0.8F}, Vec{1, 1, 1} * 0.018F));
  m.part("tail", kBlue, 0.1F);
  const float fan = m.vary(0.05F, 0.13F), back = m.vary(0.18F, 0.3F);
  m.add(sheet(4, 4, [=](float u, float v) {
    return Vec{-0.27F - back * u, 0.02F - 0.03F * u, (2 * v - 1) * (0.03F + fan * u)};
  }));
  m.part("wing", kBlue, 0.1F);
  const float span = flying ? m.vary(0.4F, 0.58F) : 0.0F, lift = m.vary(-0.1F, 0.4F),
              chord = m.vary(0.2F, 0.28F);
  for (const float z : {-1.0F, 1.0F}) {
    if (flying) {
      m.add(sheet(12, 6, [=](float u, float v) {
        const float c = chord * (1 - 0.75F * u * u),
                    feather = 0.03F * std::abs(std::sin(11 * u)) * v;
        return Vec{0.12F + 0.1F * std::sin(kPi * u) - c * v - 0.12F * u * u - feather,
                   0.06F + lift * std::sin(1.7F * u) - 0.03F * v,
                   z * (fat * 0.6F + span * u)};
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

}  // namespace troodon::world
