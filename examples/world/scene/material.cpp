#include "scene/material.hpp"

#include <cmath>

#include "geometry/noise.hpp"

namespace troodon::world {

namespace {

float fraction(float v) {
  return v - std::floor(v);
}

/// 1 inside the joint between cells of size 1, with joints of the given width.
float joint(float u, float v, float width) {
  const float a = std::min(fraction(u), 1 - fraction(u)),
              b = std::min(fraction(v), 1 - fraction(v));
  return 1 - smooth_step(width * 0.5F, width, std::min(a, b));
}

/// The plane coordinates of p on the side that faces n, for patterns that are laid, not carved.
Flat laid(const Vec& p, const Vec& n) {
  const float x = std::abs(n.x), y = std::abs(n.y), z = std::abs(n.z);
  if (y >= x && y >= z) return {p.x, p.z};
  return x >= z ? Flat{p.z, p.y} : Flat{p.x, p.y};
}

float drawn_pattern(Pattern pattern, const Vec& q, const Flat& at, uint32_t seed) {
  switch (pattern) {
    case Pattern::stripes:
      return smooth_step(0.4F, 0.6F, 0.5F + 0.5F * std::sin(2 * kPi * (q.y + 0.2F * q.x)));
    case Pattern::checker:
      return static_cast<float>(
          (static_cast<int>(std::floor(at.x)) + static_cast<int>(std::floor(at.y))) & 1);
    case Pattern::spots: {
      const Vec cell = {std::floor(q.x), std::floor(q.y), std::floor(q.z)};
      const float size = 0.25F + 0.2F * lattice(static_cast<int>(cell.x),
                                                static_cast<int>(cell.y),
                                                static_cast<int>(cell.z),
                                                seed);
      return 1 - smooth_step(size, size + 0.08F, length(q - cell - Vec{0.5F, 0.5F, 0.5F}));
    }
    case Pattern::bricks:
      return joint(at.x + 0.5F * std::floor(at.y * 2), at.y * 2, 0.08F);
    case Pattern::planks:
      return joint(at.x * 0.25F + 0.37F * std::floor(at.y), at.y, 0.05F);
    case Pattern::tiles:
      return joint(at.x, at.y, 0.06F);
    case Pattern::zigzag:
      return smooth_step(
          0.42F, 0.58F, std::abs(2 * fraction(q.y + 0.6F * std::abs(2 * fraction(q.x) - 1)) - 1));
    default:
      return 0;
  }
}

float natural_pattern(Pattern pattern, const Vec& q, uint32_t seed) {
  switch (pattern) {
    case Pattern::wood: {
      const float r = std::hypot(q.x, q.z) * 2 + 1.5F * noise(q * 0.5F, seed);
      return 0.3F + 0.5F * fraction(r) * (0.6F + 0.4F * noise(q * Vec{8, 0.7F, 8}, seed));
    }
    case Pattern::marble: {
      const float v = std::sin(3 * q.x + 2 * q.y + 7 * cloud_noise(q, seed));
      return std::pow(1 - std::abs(v), 3.0F);
    }
    case Pattern::mottle:
      return smooth_step(0.25F, 0.75F, cloud_noise(q, seed));
    case Pattern::grass:
      return 0.6F * noise(q * Vec{4, 1, 9}, seed) + 0.4F * noise(q * 0.3F, seed + 1);
    case Pattern::ripples:
      return 0.5F + 0.5F * std::sin(q.z * 5 + q.x + 4 * noise(q, seed));
    default:
      return 0;
  }
}

}  // namespace

Vec colour_at(const Material& m, const Vec& p, const Vec& n, float footprint, Detail detail) {
  const Vec q = p * m.scale;
  const float sharpness = 1 - smooth_step(0.35F, 1.0F, footprint * m.scale * 2);
  const bool natural = m.pattern >= Pattern::wood && m.pattern <= Pattern::mottle;
  const bool rough = m.pattern == Pattern::grass || m.pattern == Pattern::ripples;
  if (natural || rough) {
    if (detail == Detail::flat && m.pattern != Pattern::ripples)
      return mix_of(m.first, m.second, 0.3F);
    return mix_of(
        m.first, m.second, mix_of(0.4F, natural_pattern(m.pattern, q, m.seed), sharpness));
  }
  if (m.pattern == Pattern::plain) {
    if (detail == Detail::flat) return m.first;
    return m.first * (0.92F + 0.16F * noise(p * 6, m.seed));
  }
  const float t = drawn_pattern(m.pattern, q, laid(q, n), m.seed);
  const bool jointed = m.pattern >= Pattern::bricks && m.pattern <= Pattern::tiles;
  Vec base = m.first;
  if (jointed && detail == Detail::full) {
    const Flat at = laid(q, n);
    const float cell =
        lattice(static_cast<int>(std::floor(at.x)), static_cast<int>(std::floor(at.y)), 0, m.seed);
    base = base * (1 + sharpness * (0.3F * cell - 0.15F)) * (0.9F + 0.2F * noise(p * 9, m.seed));
  }
  return mix_of(base, m.second, mix_of(jointed ? 0.1F : 0.5F, t, sharpness));
}

Vec hsv(float hue, float saturation, float value) {
  const auto channel = [&](float offset) {
    const float t = std::abs(std::fmod(hue - std::floor(hue) + offset, 1.0F) * 6 - 3);
    const float v = value * mix_of(1.0F, clamp01(t - 1), saturation);
    return v * v;  // about the sRGB curve
  };
  return {channel(0), channel(2.0F / 3), channel(1.0F / 3)};
}

Vec random_colour(Random& random) {
  const auto hue = static_cast<float>(random.uniform());
  const auto saturation =
      static_cast<float>(random.chance(0.2) ? random.uniform(0, 0.2) : random.uniform(0.3, 0.95));
  return hsv(hue, saturation, static_cast<float>(random.uniform(0.3, 0.98)));
}

}  // namespace troodon::world
