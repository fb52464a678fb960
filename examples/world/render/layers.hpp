#pragma once

#include <vector>

#include "render/raster.hpp"

namespace troodon::world {

/// What the styles paint from, per pixel of a size x size picture; antialiased from 2 x 2 samples.
struct Layers {
  int size = 0;
  std::vector<Vec> colour;    ///< lit, linear RGB
  std::vector<Vec> paint;     ///< the surfaces' own flat colours, unlit
  std::vector<float> light;   ///< brightness of the light alone, about 0 to 1.2
  std::vector<float> line;    ///< coverage by outlines, 0 to 1
  std::vector<float> object;  ///< coverage by the object, 0 to 1
};

Layers shade(const Scene& scene, const Drawing& drawing, int size);

}  // namespace troodon::world
