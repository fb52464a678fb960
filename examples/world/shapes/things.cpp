#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

void build_robot(Maker& m) {
  const float wide = m.vary(0.17F, 0.25F), tall = m.vary(0.18F, 0.26F),
              deep = wide * m.vary(0.6F, 0.9F), leg = m.vary(0.15F, 0.3F);
  const float chest = leg + tall, head = m.vary(0.11F, 0.17F), top = chest + tall + head + 0.05F;
  m.part("body", kSteel, 0.6F);
  m.add(cushion({0, chest, 0}, {wide, tall, deep}, m.vary(0.12F, 0.4F)));
  m.add(rod({0, chest + tall * 0.9F, 0}, {0, top, 0}, 0.05F));
  m.part("head", m.chance(0.5) ? kSteel : kBlue, 0.6F);
  m.add(cushion({0, top, 0}, {head * m.vary(1, 1.35F), head, head}, m.vary(0.12F, 0.5F)));
  m.part("eye", kYellow, 0.9F);
  m.add_pair(rod({head * 0.45F, top + 0.02F, head * 0.8F},
                 {head * 0.45F, top + 0.02F, head * 1.12F},
                 m.vary(0.03F, 0.045F)));
  m.part("body", kRed, 0.6F);
  m.add(box({0, chest + tall * 0.2F, deep * 0.97F}, {wide * 0.6F, tall * 0.3F, 0.02F}));
  m.part("antenna", kRed, 0.6F);
  const bool two = m.chance(0.4);
  const float up = m.vary(0.08F, 0.18F);
  const Mesh stick = rod({two ? head * 0.6F : 0, top + head * 0.9F, 0},
                         {two ? head * 0.8F : 0, top + head + up, 0},
                         0.012F);
  const Mesh knob = ball({two ? head * 0.8F : 0, top + head + up, 0}, Vec{1, 1, 1} * 0.03F);
  m.add_pair(stick), m.add_pair(knob);
  m.part("arm", m.chance(0.5) ? kGray : kSteel, 0.5F);
  for (const float side : {-1.0F, 1.0F}) {
    const float lift = m.vary(-0.28F, 0.25F), out = wide + 0.1F;
    const Vec shoulder = {side * wide, chest + tall * 0.65F, 0},
              elbow = {side * out, chest + tall * 0.2F, 0.02F};
    const Vec hand = {side * (out + 0.03F), chest + tall * 0.2F + lift, 0.1F};
    m.add(tube({shoulder, elbow, hand}, {0.045F, 0.04F, 0.04F}));
    m.add(ring(hand, {1, 0, 0}, 0.045F, 0.02F));
  }
  m.part("leg", kGray, 0.5F);
  m.add_pair(rod({wide * 0.5F, leg + tall * 0.1F, 0}, {wide * 0.55F, 0.05F, 0}, 0.05F));
  m.add_pair(cushion({wide * 0.58F, 0.04F, 0.04F}, {0.085F, 0.045F, 0.13F}, 0.35F));
}

void build_house(Maker& m) {
  const float wide = m.vary(0.3F, 0.45F), deep = m.vary(0.24F, 0.35F), wall = m.vary(0.3F, 0.5F),
              rise = m.vary(0.15F, 0.35F);
  m.part("wall", kCream, 0.03F);
  m.add(box({0, wall / 2, 0}, {wide, wall / 2, deep}));
  const bool hipped = m.chance(0.3);
  if (!hipped) m.add(slab({{-wide, wall}, {wide, wall}, {0, wall + rise}}, deep * 0.99F));
  m.part("roof", kRed, 0.05F);
  const float over = 1.13F;
  if (hipped) {
    m.add(lathe(std::span<const Flat>(Outline{
                    {0, wall}, {1.42F * over, wall}, {0.08F, wall + rise}, {0, wall + rise}}),
                4),
          stretch({wide, 1, deep}) * turn_y(45));
  } else {
    for (const float side : {-1.0F, 1.0F}) {
      const Flat eave = {side * wide * over, wall - rise * (over - 1)}, ridge = {0, wall + rise};
      m.add(slab({eave, {eave.x, eave.y + 0.05F}, {ridge.x, ridge.y + 0.05F}, ridge}, deep * over));
    }
  }
  m.part("door", kDarkWood, 0.2F);
  const float door = m.vary(-0.5F, 0.5F) * wide, tall = wall * m.vary(0.5F, 0.65F);
  m.add(box({door, tall / 2, deep}, {0.06F, tall / 2, 0.015F}));
  m.part("window", kGlass, 0.9F);
  const float pane = m.vary(0.045F, 0.065F), y = wall * 0.6F;
  for (const float x : {-0.66F, 0.0F, 0.66F}) {
    const bool clear = std::abs(x * wide - door) > 0.06F + pane;
    if (clear) m.add(box({x * wide, y, deep}, {pane, pane * 1.2F, 0.012F}));
    m.add(box({x * wide, y, -deep}, {pane, pane * 1.2F, 0.012F}));
    if (x != 0) m.add_pair(box({wide, y, x * deep}, {0.012F, pane * 1.2F, pane}));
  }
  if (!m.chance(0.75)) return;
  m.part("chimney", kOrange, 0.03F);
  m.add(box({wide * m.vary(0.35F, 0.6F), wall + rise * 0.75F, m.vary(-0.4F, 0.4F) * deep},
            {0.05F, rise * 0.6F, 0.05F}));
}

void build_guitar(Maker& m) {
  const float low = m.vary(0.2F, 0.25F), high = low * m.vary(0.68F, 0.85F),
              waist = low * m.vary(0.5F, 0.65F), thick = m.vary(0.035F, 0.06F);
  const bool electric = m.chance(0.3);
  m.part("body", electric ? kRed : kWood, 0.6F);
  Outline half{{0, -0.22F},
               {low * 0.75F, -0.19F},
               {low, -0.05F},
               {waist, 0.1F},
               {high, 0.22F},
               {high * 0.6F, electric ? 0.36F : 0.31F}};
  Outline loop = half;
  if (!electric) loop.push_back({0, 0.32F});
  for (size_t i = half.size() - 1; i > 0; --i)
    loop.push_back({-half[i].x, half[i].y * (electric && i == 5 ? 0.8F : 1)});
  m.add(slab(smooth_loop(loop, 3), thick));
  m.part("hole", kBlack, 0.1F);
  if (electric) {
    for (const float y : {0.0F, 0.12F}) m.add(box({0, y, thick}, {0.07F, 0.022F, 0.012F}));
  } else {
    m.add(rod(
        {0, 0.13F, thick * 0.5F}, {0, 0.13F, thick + 0.004F}, m.vary(0.055F, 0.075F), 0.06F, 18));
  }
  m.part("bridge", kDarkWood, 0.2F);
  m.add(box({0, -0.09F, thick}, {0.085F, 0.018F, 0.016F}));
  m.part("neck", kDarkWood, 0.3F);
  const float end = m.vary(0.72F, 0.85F);
  m.add(box({0, (0.2F + end) / 2, thick}, {0.03F, (end - 0.2F) / 2, 0.018F}));
  m.part("head", m.chance(0.5) ? kDarkWood : kWood, 0.5F);
  m.add(slab({{-0.035F, end}, {0.035F, end}, {0.055F, end + 0.14F}, {-0.055F, end + 0.14F}}, 0.02F),
        shift({0, 0, thick}));
  for (int i = 0; i < 3; ++i)
    m.add_pair(ball({0.068F, end + 0.03F + 0.045F * i, thick}, Vec{1, 1, 1} * 0.017F));
}

void build_key(Maker& m) {
  const float bow = m.vary(0.15F, 0.21F), thick = m.vary(0.028F, 0.042F);
  m.part("bow", kGold, 0.7F);
  const int lobes = m.count(1, 3);
  if (lobes == 1) {
    m.add(ring({0, 0, 0}, {0, 0, 1}, bow, thick * 1.1F));
  } else {
    for (int i = 0; i < lobes; ++i) {
      const float a = kPi / 2 + (i - (lobes - 1) / 2.0F) * 1.9F;
      m.add(ring(Vec{std::cos(a), std::sin(a), 0} * (bow * 0.62F), {0, 0, 1}, bow * 0.55F, thick));
    }
  }
  m.part("shaft", kGold, 0.7F);
  const float tip = -bow - m.vary(0.5F, 0.65F);
  m.add(rod({0, -bow * 0.75F, 0}, {0, tip, 0}, thick));
  m.add(ring({0, -bow * 1.15F, 0}, {0, 1, 0}, thick, thick * 0.5F));
  m.part("bit", kGold, 0.7F);
  const int teeth = m.count(2, 4);
  for (int i = 0; i < teeth; ++i) {
    const float y = tip + 0.035F + 0.062F * i, out = m.vary(0.1F, 0.19F);
    m.add(box({out / 2 + thick * 0.5F, y, 0}, {out / 2, 0.024F, thick * 0.6F}));
  }
}

void build_hammer(Maker& m) {
  const float thick = m.vary(0.028F, 0.042F), head = m.vary(0.15F, 0.22F),
              tall = m.vary(0.75F, 0.9F);
  m.part("handle", kWood, 0.2F);
  m.add(tube({{0, 0, 0}, {0, tall * 0.3F, 0}, {0, tall * 0.6F, 0}, {0, tall, 0}},
             {thick * 1.25F, thick * 1.3F, thick * 0.85F, thick * 0.8F}));
  m.part("head", kSteel, 0.6F);
  const float face = m.vary(0.055F, 0.08F);
  m.add(box({0, tall, 0}, {head * 0.4F, face * 0.75F, face * 0.7F}));
  m.add(rod({head * 0.3F, tall, 0}, {head, tall, 0}, face * 0.65F));
  m.add(rod({head * 0.85F, tall, 0}, {head * 1.15F, tall, 0}, face * 1.05F));
  m.part("claw", kSteel, 0.6F);
  if (m.chance(0.6)) {
    for (const float z : {-1.0F, 1.0F}) {
      m.add(tube({{-head * 0.3F, tall + face * 0.2F, z * face * 0.25F},
                  {-head * 0.85F, tall + face * 0.2F, z * face * 0.5F},
                  {-head * 1.35F, tall - head * 0.45F, z * face * 0.75F}},
                 {face * 0.5F, face * 0.38F, face * 0.15F},
                 6));
    }
  } else {
    m.add(rod({-head * 0.3F, tall, 0}, {-head * 1.15F, tall, 0}, face * 0.9F, face * 0.75F));
  }
}

void build_glasses(Maker& m) {
  const float wide = m.vary(0.15F, 0.2F), tall = wide * m.vary(0.6F, 1), gap = m.vary(0.04F, 0.07F),
              thick = m.vary(0.014F, 0.026F);
  const float square = m.vary(0.35F, 1);
  const auto edge = [=](float a, float r) {
    const float c = std::cos(a), s = std::sin(a);
    return Flat{gap + wide + r * wide * std::copysign(std::pow(std::abs(c), square), c),
                r * tall * std::copysign(std::pow(std::abs(s), square), s)};
  };
  m.part("rim", kBlack, 0.5F);
  Path loop;
  for (int i = 0; i <= 16; ++i) {
    const Flat p = edge(2 * kPi * i / 16, 1);
    loop.push_back({p.x, p.y, 0});
  }
  m.add_pair(tube(loop, std::vector<float>(loop.size(), thick), 6));
  m.add(tube({{-gap, tall * 0.2F, 0}, {0, tall * 0.35F, 0.02F}, {gap, tall * 0.2F, 0}},
             {thick, thick, thick}));
  m.part("lens", m.chance(0.5) ? kGlass : kBlue, 1);
  Outline outline;
  for (int i = 0; i < 20; ++i) outline.push_back(edge(2 * kPi * i / 20, 0.97F));
  m.add_pair(slab(outline, 0.004F));
  m.part("temple", kBlack, 0.5F);
  const float hinge = gap + 2 * wide, deep = m.vary(0.5F, 0.62F);
  m.add_pair(tube({{hinge, tall * 0.3F, 0},
                   {hinge + 0.01F, tall * 0.3F, -deep * 0.7F},
                   {hinge, tall * 0.3F - 0.12F, -deep}},
                  {thick, thick, thick * 0.9F},
                  6));
}

}  // namespace troodon::world
