#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

void build_tree(Maker& m) {
  const float trunk = m.vary(0.3F, 0.55F), thick = m.vary(0.045F, 0.09F),
              wide = m.vary(0.26F, 0.42F);
  m.part("trunk", kDarkWood, 0.02F);
  const float bend = m.vary(-0.08F, 0.08F);
  m.add(tube({{0, 0, 0}, {bend, trunk * 0.5F, 0}, {0, trunk + 0.25F, 0}},
             {thick * 1.3F, thick, thick * 0.5F}));
  m.part("crown", kGreen, 0.03F);
  if (m.chance(0.4)) {  // a fir
    const int tiers = m.count(3, 5);
    for (int i = 0; i < tiers; ++i) {
      const float t = static_cast<float>(i) / tiers, y = trunk * 0.6F + 0.85F * t;
      m.add(lathe(Outline{{0, y}, {wide * (1.05F - 0.75F * t), y}, {0, y + 0.42F}}));
    }
    return;
  }
  const int puffs = m.count(5, 10);
  m.add(ball({0, trunk + wide * 0.8F, 0}, Vec{wide, wide * 0.85F, wide} * 0.85F));
  for (int i = 0; i < puffs; ++i) {
    const float angle = m.vary(0, 2 * kPi), out = wide * m.vary(0.35F, 0.75F),
                size = wide * m.vary(0.35F, 0.6F);
    m.add(ball({out * std::cos(angle), trunk + wide * m.vary(0.35F, 1.4F), out * std::sin(angle)},
               Vec{size, size * 0.85F, size}));
  }
  if (!m.chance(0.35)) return;
  m.part("fruit", kRed, 0.5F);
  for (int i = 0; i < 14; ++i) {
    const float angle = m.vary(0, 2 * kPi);
    const float up = m.vary(-0.7F, 0.9F), out = wide * 0.87F;
    m.add(ball({out * std::cos(up) * std::cos(angle),
                trunk + wide * 0.8F + out * std::sin(up),
                out * std::cos(up) * std::sin(angle)},
               {0.04F, 0.04F, 0.04F}));
  }
}

void build_mushroom(Maker& m) {
  const float tall = m.vary(0.35F, 0.7F), wide = m.vary(0.3F, 0.5F),
              high = wide * m.vary(0.5F, 1.1F), thick = m.vary(0.08F, 0.15F);
  m.part("stem", kCream, 0.05F);
  m.add(lathe(smooth(
      Outline{{0, 0}, {thick * 1.3F, 0.02F}, {thick, tall * 0.5F}, {thick * 0.8F, tall}}, 3)));
  m.part("cap", kRed, 0.35F);
  const auto dome = [=](float turn) {
    return Flat{wide * std::cos(turn), tall + high * std::sin(turn)};
  };
  Outline profile{{thick * 0.7F, tall + 0.02F}, {wide * 0.9F, tall - 0.03F}};
  for (int i = 0; i <= 8; ++i) profile.push_back(dome(kPi / 2 * i / 8));
  m.add(lathe(profile));
  if (m.chance(0.6)) {
    m.part("spot", kWhite, 0.2F);
    const int spots = m.count(8, 14);
    for (int i = 0; i < spots; ++i) {
      const float around = 2.4F * i, up = m.vary(0.15F, 1.4F), size = wide * m.vary(0.06F, 0.14F);
      const Flat at = dome(up);
      const Vec centre = {at.x * std::cos(around), at.y, at.x * std::sin(around)};
      const Vec out = {
          std::cos(up) * std::cos(around), std::sin(up), std::cos(up) * std::sin(around)};
      m.add(ball({}, {size, size * 0.35F, size}), shift(centre) * along(out));
    }
  }
  if (!m.chance(0.4)) return;
  m.part("ring", kCream, 0.05F);
  m.add(lathe(Outline{{thick * 1.8F, tall * 0.6F}, {thick * 0.9F, tall * 0.75F}}));
}

void build_flower(Maker& m) {
  const float tall = m.vary(0.6F, 0.95F), lean = m.vary(-0.12F, 0.12F), tilt = m.vary(25, 75);
  m.part("stem", kGreen, 0.1F);
  m.add(tube({{0, 0, 0}, {lean, tall * 0.5F, 0}, {lean, tall, 0}}, {0.025F, 0.02F, 0.02F}));
  m.part("leaf", kGreen, 0.15F);
  const int leaves = m.count(1, 3);
  for (int i = 0; i < leaves; ++i) {
    const float long_ = m.vary(0.2F, 0.34F), wide = long_ * m.vary(0.18F, 0.3F);
    const Mesh leaf = sheet(8, 6, [=](float u, float v) {
      return Vec{long_ * u,
                 long_ * (0.7F * u - 0.6F * u * u) + 0.03F * std::abs(v - 0.5F),
                 wide * std::sin(kPi * clamp01(u)) * (2 * v - 1)};
    });
    m.add(leaf,
          shift({lean * 0.6F, tall * m.vary(0.1F, 0.45F), 0}) * turn_y(i * 180 + m.vary(-40, 40)));
  }
  const Affine face = shift({lean, tall, 0.02F}) * turn_x(tilt);
  const int petals = m.count(5, 12);
  const float long_ = m.vary(0.2F, 0.34F), core = m.vary(0.07F, 0.13F),
              wide = m.vary(0.7F, 1.3F) * 2.6F * (long_ + core) / petals * 0.5F;
  const float cup = m.vary(-0.2F, 0.9F);
  m.part("petal", m.chance(0.5) ? kPink : kYellow, 0.08F);
  for (int i = 0; i < petals; ++i) {
    const Mesh petal = sheet(8, 6, [=](float u, float v) {
      const float r = core * 0.6F + long_ * u,
                  half = wide * std::sqrt(clamp01(std::sin(kPi * clamp01(0.08F + 0.9F * u))));
      return Vec{r, cup * long_ * u * u + 0.12F * half * std::abs(2 * v - 1), half * (2 * v - 1)};
    });
    m.add(petal, face * turn_y(360.0F * i / petals) * turn_x(8));
  }
  m.part("centre", m.chance(0.5) ? kOrange : kDarkWood, 0.1F);
  m.add(ball({0, 0.01F, 0}, {core, core * 0.5F, core}), face);
}

void build_cactus(Maker& m) {
  const float tall = m.vary(0.7F, 1), thick = m.vary(0.1F, 0.16F);
  const int ribs = m.count(8, 12);
  const auto column = [&](const Path& path, float radius) {
    std::vector<float> radii(path.size(), radius);
    radii.back() = radius * 0.75F;
    m.add(tube(path, radii, 12));
    for (int i = 0; i < ribs; ++i) {
      const float angle = 2 * kPi * i / ribs;
      Path line;
      for (const Vec& p : path)
        line.push_back(p +
                       Vec{radius * 0.97F * std::cos(angle), 0, radius * 0.97F * std::sin(angle)});
      line.back() = path.back() + (line.back() - path.back()) * 0.75F;
      m.add(tube(line, std::vector<float>(path.size(), radius * 0.12F), 4));
    }
  };
  m.part("stem", kGreen, 0.05F);
  column({{0, 0, 0}, {0, tall * 0.5F, 0}, {0, tall, 0}}, thick);
  m.part("arm", kGreen, 0.05F);
  const int arms = m.count(1, 3);
  for (int i = 0; i < arms; ++i) {
    const float side = i % 2 == 0 ? 1.0F : -1.0F, y = tall * m.vary(0.3F, 0.6F),
                out = thick + m.vary(0.13F, 0.2F);
    const float up = m.vary(0.2F, 0.4F), z = i == 2 ? 0.15F : 0.0F,
                radius = thick * m.vary(0.45F, 0.65F);
    m.add(tube(
        {{0, y, 0}, {side * out * 0.8F, y, z}, {side * out, y + 0.1F, z}, {side * out, y + up, z}},
        {radius, radius, radius, radius * 0.8F},
        10));
  }
  if (m.chance(0.4)) {
    m.part("flower", kPink, 0.1F);
    m.add(ball({0, tall + thick * 0.6F, 0}, {0.08F, 0.05F, 0.08F}));
  }
  if (!m.chance(0.5)) return;
  m.part("pot", kOrange, 0.1F);
  m.add(lathe(Outline{{0, -0.3F},
                      {thick * 1.3F, -0.3F},
                      {thick * 1.8F, -0.05F},
                      {thick * 2, -0.05F},
                      {thick * 2, 0.05F},
                      {0, 0.04F}}));
}

void build_snowman(Maker& m) {
  const float low = m.vary(0.28F, 0.36F), mid = low * m.vary(0.68F, 0.85F),
              top = mid * m.vary(0.65F, 0.85F);
  const float chest = low * 1.6F + mid * 0.7F, head = chest + mid * 0.75F + top * 0.75F;
  m.part("body", kWhite, 0.05F);
  m.add(ball({0, low * 0.92F, 0}, {low, low * 0.92F, low}));
  m.add(ball({0, chest, 0}, {mid, mid * 0.92F, mid}));
  m.part("head", kWhite, 0.05F);
  m.add(ball({0, head, 0}, {top, top, top}));
  m.part("button", kBlack, 0.4F);
  const int buttons = m.count(2, 3);
  for (int i = 0; i < buttons; ++i)
    m.add(ball({0, chest + mid * (0.45F - 0.4F * i), mid * (0.93F + 0.05F * (i == 1))},
               Vec{1, 1, 1} * 0.035F));
  m.add_pair(ball({top * 0.35F, head + top * 0.25F, top * 0.9F}, Vec{1, 1, 1} * 0.03F));
  m.part("nose", kOrange, 0.1F);
  m.add(rod({0, head, top * 0.9F}, {0, head - 0.02F, top + m.vary(0.12F, 0.25F)}, 0.04F, 0.004F));
  if (m.chance(0.8)) {
    m.part("hat", m.chance(0.6) ? kBlack : kRed, 0.2F);
    const float y = head + top * 0.75F, brim = top * m.vary(1, 1.35F);
    m.add(rod({0, y, 0}, {0, y + 0.025F, 0}, brim));
    m.add(rod(
        {0, y, 0}, {0, y + m.vary(0.15F, 0.3F), 0}, top * 0.72F, top * m.vary(0.55F, 0.8F), 16));
  }
  m.part("arm", kDarkWood, 0.02F);
  const float lift = m.vary(-0.1F, 0.35F), reach = mid + m.vary(0.2F, 0.35F);
  m.add_pair(tube(
      {{mid * 0.8F, chest, 0}, {reach * 0.8F, chest + lift * 0.6F, 0}, {reach, chest + lift, 0}},
      {0.022F, 0.018F, 0.014F},
      6));
  m.add_pair(
      rod({reach * 0.85F, chest + lift * 0.7F, 0}, {reach, chest + lift * 0.4F, 0.06F}, 0.012F));
  if (!m.chance(0.6)) return;
  m.part("scarf", kRed, 0.05F);
  m.add(ring({0, chest + mid * 0.8F, 0}, {0, 1, 0}, top * 0.72F, 0.05F));
  m.add(cushion({top * 0.4F, chest + mid * 0.4F, mid * 0.85F}, {0.05F, mid * 0.4F, 0.025F}, 0.4F));
}

}  // namespace troodon::world
