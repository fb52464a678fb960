#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

void build_mug(Maker& m) {
  const float tall = m.vary(0.75F, 1.25F), wide = m.vary(0.36F, 0.5F),
              foot = wide * m.vary(0.7F, 1.05F);
  const float thick = m.vary(0.03F, 0.05F);
  m.part("body", kRed, 0.5F);
  m.add(lathe(smooth(Outline{{0, 0},
                             {foot * 0.9F, 0},
                             {foot, 0.04F},
                             {mix_of(foot, wide, 0.6F), tall * 0.5F},
                             {wide, tall}},
                     3)));
  m.add(lathe(Outline{{wide, tall}, {wide - thick, tall}, {wide - thick - 0.01F, tall * 0.7F}}));
  m.part("drink", m.chance(0.5) ? kDarkWood : kCream, 0.6F);
  m.add(rod({0, tall * 0.5F, 0}, {0, tall * 0.82F, 0}, wide - thick));
  m.part("handle", kRed, 0.5F);
  const float reach = wide + m.vary(0.22F, 0.36F), low = tall * m.vary(0.15F, 0.25F),
              high = tall * m.vary(0.78F, 0.9F);
  const float at = mix_of(foot, wide, 0.5F) - 0.02F;
  m.add(tube({{at, high, 0},
              {reach * 0.9F, high, 0},
              {reach, (low + high) / 2, 0},
              {reach * 0.85F, low, 0},
              {at, low, 0}},
             {0.05F, 0.055F, 0.055F, 0.05F, 0.045F}));
}

void build_teapot(Maker& m) {
  const float tall = m.vary(0.5F, 0.8F), wide = m.vary(0.42F, 0.55F),
              neck = wide * m.vary(0.4F, 0.6F);
  m.part("body", kBlue, 0.6F);
  m.add(lathe(smooth(
      Outline{{0.01F, 0}, {wide * 0.6F, 0}, {wide, tall * m.vary(0.35F, 0.55F)}, {neck, tall}},
      5)));
  m.part("lid", m.chance(0.5) ? kBlue : kWhite, 0.6F);
  m.add(lathe(smooth(
      Outline{{neck * 1.05F, tall - 0.01F}, {neck * 0.8F, tall + 0.07F}, {0.03F, tall + 0.1F}},
      3)));
  m.add(ball({0, tall + 0.14F, 0}, Vec{1, 1, 1} * m.vary(0.045F, 0.075F)));
  m.part("spout", kBlue, 0.6F);
  const float reach = m.vary(0.25F, 0.42F);
  m.add(tube({{wide * 0.7F, tall * 0.3F, 0},
              {wide + reach * 0.5F, tall * 0.42F, 0},
              {wide + reach, tall * m.vary(0.95F, 1.15F), 0}},
             {0.13F, 0.08F, 0.05F}));
  m.part("handle", m.chance(0.6) ? kBlue : kDarkWood, 0.5F);
  if (m.chance(0.7)) {
    const float out = wide + m.vary(0.2F, 0.34F);
    m.add(tube({{-wide * 0.75F, tall * 0.85F, 0},
                {-out, tall * 0.85F, 0},
                {-out, tall * 0.4F, 0},
                {-wide * 0.9F, tall * 0.3F, 0}},
               {0.045F, 0.05F, 0.05F, 0.04F}));
  } else {  // a bow over the lid
    const float up = tall + m.vary(0.35F, 0.5F);
    m.add(tube({{-neck * 1.2F, tall * 0.85F, 0},
                {-neck, up * 0.9F, 0},
                {0, up, 0},
                {neck, up * 0.9F, 0},
                {neck * 1.2F, tall * 0.85F, 0}},
               {0.03F, 0.03F, 0.035F, 0.03F, 0.03F}));
  }
}

void build_bottle(Maker& m) {
  const float wide = m.vary(0.15F, 0.24F), body = m.vary(0.5F, 0.7F),
              neck = wide * m.vary(0.25F, 0.45F);
  const float shoulder = body + m.vary(0.1F, 0.25F), tall = shoulder + m.vary(0.12F, 0.3F);
  m.part("body", m.chance(0.5) ? kGreen : kGlass, 0.9F);
  m.add(lathe(Outline{{0, 0},
                      {wide * 0.95F, 0},
                      {wide, 0.03F},
                      {wide * m.vary(0.9F, 1), body * 0.5F},
                      {wide, body}}));
  m.add(lathe(smooth(
      Outline{{wide, body}, {wide * 0.85F, mix_of(body, shoulder, 0.45F)}, {neck, shoulder}}, 4)));
  m.part("neck", m.chance(0.5) ? kGreen : kGlass, 0.9F);
  m.add(lathe(Outline{{neck, shoulder},
                      {neck * 0.95F, tall},
                      {neck * 1.25F, tall},
                      {neck * 1.25F, tall + 0.03F},
                      {0, tall + 0.03F}}));
  m.part("cap", kGold, 0.4F);
  m.add(rod({0, tall + 0.02F, 0}, {0, tall + m.vary(0.05F, 0.1F), 0}, neck * m.vary(0.9F, 1.3F)));
  if (!m.chance(0.8)) return;
  m.part("label", kWhite, 0.05F);
  const float low = body * m.vary(0.15F, 0.3F), high = body * m.vary(0.65F, 0.85F);
  m.add(lathe(Outline{{wide * 1.01F, low}, {wide * 1.01F, high}}));
}

void build_lamp(Maker& m) {
  const float tall = m.vary(0.5F, 0.95F), wide = m.vary(0.28F, 0.4F), drop = m.vary(0.28F, 0.42F);
  m.part("base", kGold, 0.4F);
  const float foot = m.vary(0.18F, 0.27F);
  if (m.chance(0.5)) {
    m.add(rod({0, 0, 0}, {0, 0.05F, 0}, foot, foot * 0.9F));
  } else {
    m.add(lathe(smooth(
        Outline{{0, 0}, {foot, 0.01F}, {foot * 1.1F, tall * 0.25F}, {0.04F, tall * 0.55F}}, 4)));
  }
  m.part("pole", m.chance(0.5) ? kGold : kBlack, 0.4F);
  m.add(rod({0, 0.02F, 0}, {0, tall, 0}, m.vary(0.018F, 0.035F)));
  m.part("bulb", kYellow, 0.8F);
  m.add(ball({0, tall - 0.02F, 0}, {0.07F, 0.09F, 0.07F}));
  m.part("shade", kCream, 0.05F);
  const float top = wide * m.vary(0.35F, 0.8F), low = tall - drop * 0.45F;
  m.add(lathe(Outline{{wide, low}, {top, low + drop}}));
  m.add(lathe(Outline{{wide * 0.97F, low + 0.01F}, {top * 0.97F, low + drop}}));
}

void build_umbrella(Maker& m) {
  const int ribs = m.count(6, 9);
  const float wide = m.vary(0.55F, 0.75F), rise = m.vary(0.25F, 0.45F), tall = m.vary(0.9F, 1.1F);
  m.part("canopy", kRed, 0.1F);
  m.add(sheet(ribs * 4, 8, [=](float u, float v) {
    const float r = wide * v, swell = std::abs(std::sin(kPi * u * ribs));
    const float sag = 1 - 0.1F * swell * v * v;  // the cloth draws in between ribs
    return Vec{r * sag * std::cos(2 * kPi * u),
               tall - rise * v * v + 0.05F * swell * v * v,
               r * sag * std::sin(2 * kPi * u)};
  }));
  m.part("shaft", kSteel, 0.5F);
  m.add(rod({0, 0, 0}, {0, tall + 0.09F, 0}, 0.017F));
  m.part("handle", kDarkWood, 0.4F);
  const float hook = m.vary(0.07F, 0.1F);
  m.add(tube({{0, 0.12F, 0},
              {0, -0.02F, 0},
              {hook, -0.1F, 0},
              {2 * hook, -0.02F, 0},
              {2 * hook, 0.03F, 0}},
             {0.03F, 0.03F, 0.03F, 0.03F, 0.03F}));
}

}  // namespace troodon::world
