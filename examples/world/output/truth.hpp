#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "render/raster.hpp"

namespace troodon::world {

/// What is exactly at each pixel's centre, size x size, row-major.
struct Truth {
  int size = 0;
  std::vector<uint8_t> parts;         ///< 0 surroundings; k: part k of the object's class
  std::vector<uint16_t> millimetres;  ///< depth along the view axis; 0: sky, or beyond 65.535 m
  /// The object's pixels as `value`, the rest 0.
  std::vector<uint8_t> mask(uint8_t value) const;
};
Truth observe(const Scene& scene, const Drawing& drawing, int size);

/// One surface point in two pictures, in pixels from the top left corner (centre of the first pixel
/// is 0.5, 0.5).
struct Correspondence {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  int part = 0;          ///< as in Truth::parts
  bool visible = false;  ///< in the second picture: inside, and nothing in front
};

/// `count` points of the first view's object (three of four) and surroundings, where `second` sees
/// them. `scene.camera` is the first view.
std::vector<Correspondence> correspond(
    const Scene& scene, const Drawing& drawing, const Camera& second, int size, int count);

/// x1,y1,x2,y2,part,visible with a header.
std::string to_csv(const std::vector<Correspondence>& points);

}  // namespace troodon::world
