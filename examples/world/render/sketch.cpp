#include <cmath>

#include "geometry/noise.hpp"
#include "render/styles.hpp"

namespace troodon::world {

namespace {

struct Pencil {
  Vec paper, lead;  ///< with the sRGB curve
  float spacing;    ///< pixels between hatching strokes
  float slant;      ///< radians
  float wobble;     ///< pixels by which outlines stray
  uint32_t seed;
};

Pencil sharpen(int size, Random& random) {
  constexpr Vec kLeads[] = {
      {0.16F, 0.16F, 0.18F}, {0.13F, 0.13F, 0.13F}, {0.30F, 0.17F, 0.10F}, {0.12F, 0.17F, 0.38F}};
  Pencil p;
  p.lead = kLeads[random.integer(0, 3)];
  const auto tone = static_cast<float>(random.uniform(0.9, 0.99)),
             warm = static_cast<float>(random.uniform(0, 0.07));
  p.paper = {tone, tone - warm * 0.4F, tone - warm};
  p.spacing = size * static_cast<float>(random.uniform(0.022, 0.034));
  p.slant = static_cast<float>(random.uniform(0.5, 1.1)) * (random.chance(0.7) ? 1 : -1);
  p.wobble = size * static_cast<float>(random.uniform(0.004, 0.009));
  p.seed = static_cast<uint32_t>(random.next());
  return p;
}

/// Darkness of one direction of strokes at (x, y); `pressure` widens and darkens them.
float hatch(const Pencil& pencil, float x, float y, float angle, float pressure) {
  if (pressure <= 0) return 0;
  const float c = std::cos(angle), s = std::sin(angle), along = x * c + y * s;
  const float bend = noise(
      {along / (9 * pencil.spacing), (y * c - x * s) / (5 * pencil.spacing), angle}, pencil.seed);
  const float across = (y * c - x * s) / pencil.spacing + 1.2F * bend;
  const float row = std::floor(across), to_middle = std::abs(across - row - 0.5F);
  const float broken = noise({along / (4 * pencil.spacing), row * 7.7F, angle}, pencil.seed + 1);
  const float width = 0.12F + 0.22F * pressure;
  return (1 - smooth_step(width * 0.5F, width + 0.15F, to_middle)) *
         smooth_step(0.1F, 0.4F, broken + 0.4F * pressure);
}

/// The outline layer, read through a slow wobble, as a hand strays.
float stray_line(const Layers& layers, const Pencil& pencil, int x, int y, uint32_t pass) {
  const float wave = 0.06F * 96 / layers.size;
  const float dx = pencil.wobble * 2 * (noise({x * wave, y * wave, 0}, pencil.seed + pass) - 0.5F);
  const float dy = pencil.wobble * 2 * (noise({x * wave, y * wave, 9}, pencil.seed + pass) - 0.5F);
  const int u = static_cast<int>(std::lround(x + dx)), v = static_cast<int>(std::lround(y + dy));
  if (u < 0 || v < 0 || u >= layers.size || v >= layers.size) return 0;
  return layers.line[static_cast<size_t>(v) * layers.size + u];
}

}  // namespace

image::Image draw_sketch(const Layers& layers, Random& random) {
  image::Image out(layers.size, layers.size);
  const Pencil pencil = sharpen(layers.size, random);
  for (int y = 0; y < layers.size; ++y) {
    for (int x = 0; x < layers.size; ++x) {
      const size_t i = static_cast<size_t>(y) * layers.size + x;
      const float tone =
          clamp01(0.75F * layers.light[i] + 0.5F * (std::sqrt(luma(layers.paint[i])) - 0.4F));
      const float weight = 0.45F + 0.55F * layers.object[i];  // surroundings are only hinted at
      const float dark = (1 - tone) * weight;
      float lead = 0.55F * hatch(pencil, x, y, pencil.slant, (dark - 0.22F) * 1.6F);
      lead =
          std::max(lead, 0.62F * hatch(pencil, x, y, pencil.slant + 0.75F, (dark - 0.45F) * 1.8F));
      lead = std::max(lead, 0.7F * hatch(pencil, x, y, pencil.slant - 0.8F, (dark - 0.65F) * 2));
      lead += 0.12F * dark;
      const float line = std::max(stray_line(layers, pencil, x, y, 10),
                                  0.7F * stray_line(layers, pencil, x, y, 20));
      lead = std::max(lead, clamp01(line * 1.3F) * 0.92F);
      const float grain = lattice(x, y, 3, pencil.seed) - 0.5F;
      const Vec paper = pencil.paper * (1 + 0.025F * grain);
      put_encoded(out, i, mix_of(paper, pencil.lead, clamp01(lead * (1 + 0.5F * grain))));
    }
  }
  return out;
}

}  // namespace troodon::world
