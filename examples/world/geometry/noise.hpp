#pragma once

#include <cmath>
#include <cstdint>

#include "geometry/vec.hpp"

namespace troodon::world {

/// A value in [0, 1) per lattice point.
inline float lattice(int32_t x, int32_t y, int32_t z, uint32_t seed) {
  uint32_t h = static_cast<uint32_t>(x) * 0x8DA6B343U ^ static_cast<uint32_t>(y) * 0xD8163841U ^
               static_cast<uint32_t>(z) * 0xCB1AB31FU ^ seed * 0x9E3779B9U;
  h = (h ^ (h >> 15)) * 0x2C1B3C6DU;
  h = (h ^ (h >> 12)) * 0x297A2D39U;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1p-24F;
}

/// Smooth noise in [0, 1] with features of size 1.
inline float noise(const Vec& p, uint32_t seed) {
  const float fx = std::floor(p.x), fy = std::floor(p.y), fz = std::floor(p.z);
  const auto x = static_cast<int32_t>(fx), y = static_cast<int32_t>(fy);
  const auto z = static_cast<int32_t>(fz);
  const auto fade = [](float t) { return t * t * (3 - 2 * t); };
  const float u = fade(p.x - fx), v = fade(p.y - fy), w = fade(p.z - fz);
  const auto plane = [&](int32_t k) {
    return mix_of(mix_of(lattice(x, y, k, seed), lattice(x + 1, y, k, seed), u),
                  mix_of(lattice(x, y + 1, k, seed), lattice(x + 1, y + 1, k, seed), u),
                  v);
  };
  return mix_of(plane(z), plane(z + 1), w);
}

/// Sum of octaves in [0, 1].
inline float cloud_noise(Vec p, uint32_t seed, int octaves = 3) {
  float sum = 0, weight = 0.5F, total = 0;
  for (int i = 0; i < octaves; ++i, weight *= 0.5F, p = p * 2.03F) {
    sum += weight * noise(p, seed + i);
    total += weight;
  }
  return sum / total;
}

}  // namespace troodon::world
