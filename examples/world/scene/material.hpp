#pragma once

#include <cstdint>

#include "base/random.hpp"
#include "geometry/vec.hpp"

namespace troodon::world {

enum class Pattern {
  plain,
  stripes,
  checker,
  spots,
  wood,
  marble,
  mottle,
  bricks,
  planks,
  tiles,
  grass,
  ripples,
  zigzag
};

/// How a surface looks: two linear RGB colours, mixed by a pattern that fills space (so that it
/// sticks to the object), and how glossy it is (0 matt, 1 mirror-like varnish).
struct Material {
  Vec first{0.5F, 0.5F, 0.5F};
  Vec second{0.5F, 0.5F, 0.5F};
  Pattern pattern = Pattern::plain;
  float scale = 8;  ///< repeats per metre
  float gloss = 0.1F;
  uint32_t seed = 0;
};

enum class Detail { full, flat };  ///< flat drops the natural noise, for drawn styles

/// The colour at `p` with surface normal `n`; `footprint` is the size of a pixel there in metres,
/// by which fine patterns fade to their mean.
Vec colour_at(const Material& material, const Vec& p, const Vec& n, float footprint, Detail detail);

/// Linear RGB from hue (turns), saturation and value in [0, 1].
Vec hsv(float hue, float saturation, float value);

/// Any colour.
Vec random_colour(Random& random);

}  // namespace troodon::world
