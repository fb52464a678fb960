#include "shapes/shapes.hpp"

namespace troodon::world {

using namespace paint;

void build_chair(Maker& m) {
  const float wide = m.vary(0.22F, 0.3F), deep = m.vary(0.21F, 0.28F), seat = m.vary(0.38F, 0.52F);
  const float top = seat + m.vary(0.4F, 0.62F), thick = m.vary(0.016F, 0.03F);
  m.part("seat", kWood);
  if (m.chance(0.4))
    m.add(cushion({0, seat, 0}, {wide, 0.05F, deep}, 0.3F));
  else
    m.add(box({0, seat, 0}, {wide, 0.025F, deep}));
  m.part("leg", m.chance(0.7) ? kWood : kSteel);
  const float splay = m.vary(0.85F, 1.15F);
  for (const float z : {-1.0F, 1.0F}) {
    m.add_pair(rod({wide * 0.88F, seat, deep * 0.88F * z},
                   {wide * 0.88F * splay, 0, deep * 0.88F * z * splay},
                   thick,
                   thick * 0.8F,
                   8));
  }
  m.part("back", kWood);
  const float lean = m.vary(0.02F, 0.12F), back = -deep * 0.92F;
  const int bars = m.count(0, 5);
  if (bars == 0) {
    m.add(cushion({0, 0, 0}, {wide, (top - seat) * 0.42F, 0.03F}, 0.35F),
          shift({0, seat + (top - seat) * 0.58F, back - lean * 0.6F}) * turn_x(-8));
  }
  m.add_pair(rod({wide * 0.9F, seat, back}, {wide * 0.9F, top, back - lean}, thick, thick, 8));
  if (bars > 0) m.add(box({0, top - 0.04F, back - lean}, {wide, 0.045F, 0.018F}));
  const bool upright = m.chance(0.6);
  for (int i = 0; i < bars; ++i) {
    const float t = (i + 1.0F) / (bars + 1);
    const float x = wide * 0.9F * (2 * t - 1), y = mix_of(seat, top - 0.04F, t),
                z = back - lean * t;
    if (upright)
      m.add(rod({x, seat, back}, {x, top - 0.04F, back - lean}, 0.012F, 0.012F, 6));
    else
      m.add(box({0, y, z}, {wide * 0.9F, 0.025F, 0.012F}));
  }
  if (!m.chance(0.35)) return;
  m.part("arm", kWood);
  m.add_pair(box({wide * 0.95F, seat + 0.2F, 0}, {0.022F, 0.015F, deep}));
  m.add_pair(
      rod({wide * 0.95F, seat, deep * 0.85F}, {wide * 0.95F, seat + 0.2F, deep * 0.85F}, 0.014F));
}

void build_table(Maker& m) {
  const float wide = m.vary(0.42F, 0.6F), deep = wide * m.vary(0.5F, 1), tall = m.vary(0.38F, 0.6F);
  const bool round = m.chance(0.35);
  m.part("top", kWood, 0.3F);
  if (round)
    m.add(rod({0, tall, 0}, {0, tall + 0.05F, 0}, wide, wide, 28));
  else
    m.add(box({0, tall + 0.025F, 0}, {wide, m.vary(0.02F, 0.035F), deep}));
  m.part("leg", m.chance(0.6) ? kWood : kBlack, 0.2F);
  if (round && m.chance(0.6)) {  // one foot in the middle
    m.add(lathe(smooth(Outline{{wide * 0.5F, 0},
                               {wide * 0.4F, 0.04F},
                               {0.05F, 0.12F},
                               {0.045F, tall * 0.7F},
                               {0.09F, tall}},
                       3)));
    return;
  }
  const float in = round ? 0.66F : 0.9F, thick = m.vary(0.022F, 0.045F);
  const float span = round ? wide : deep;
  for (const float z : {-1.0F, 1.0F}) {
    m.add_pair(rod(
        {wide * in, tall, span * in * z}, {wide * in, 0, span * in * z}, thick, thick * 0.7F, 8));
  }
  if (round || !m.chance(0.4)) return;
  m.part("shelf", kWood);
  m.add(box({0, tall * m.vary(0.2F, 0.4F), 0}, {wide * 0.88F, 0.015F, deep * 0.88F}));
}

void build_ladder(Maker& m) {
  const int rungs = m.count(5, 9);
  const float wide = m.vary(0.14F, 0.22F), top = wide * m.vary(0.75F, 1),
              thick = m.vary(0.018F, 0.03F);
  const bool stepladder = m.chance(0.4);
  const float lean = stepladder ? 0.22F : 0.12F;
  m.part("rail", kWood);
  m.add_pair(rod({wide, 0, lean}, {top, 1, 0}, thick));
  if (stepladder) m.add_pair(rod({wide, 0, -lean}, {top, 1, 0}, thick));
  m.part("rung", m.chance(0.6) ? kWood : kSteel);
  for (int i = 0; i < rungs; ++i) {
    const float t = (i + 0.6F) / rungs, half = mix_of(wide, top, t);
    if (stepladder)
      m.add(box({0, t, lean * (1 - t)}, {half, 0.012F, 0.035F}));
    else
      m.add(rod({-half, t, lean * (1 - t)}, {half, t, lean * (1 - t)}, thick * 0.75F));
  }
}

}  // namespace troodon::world
