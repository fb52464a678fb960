#include "render/layers.hpp"

#include <array>
#include <cmath>

#include "geometry/noise.hpp"

namespace troodon::world {

namespace {

constexpr int kSamples = 2;  // per pixel and axis

Vec sky_colour(const Scene& scene, const Vec& ray) {
  const Sky& sky = scene.sky;
  const Vec d = normalized(ray);
  const Vec clear = mix_of(sky.horizon, sky.zenith, smooth_step(-0.02F, 0.6F, d.y));
  if (sky.clouds == 0 || d.y <= 0.02F) return clear;
  const Vec at = {
      d.x / (d.y + 0.15F) * 2, static_cast<float>(sky.seed % 97), d.z / (d.y + 0.15F) * 2};
  const float cover = smooth_step(
      0.75F - 0.5F * sky.clouds, 0.95F - 0.4F * sky.clouds, cloud_noise(at, sky.seed, 4));
  return mix_of(clear, Vec{0.9F, 0.9F, 0.92F}, 0.85F * cover * smooth_step(0.02F, 0.2F, d.y));
}

constexpr int kTaps = 8, kTurns = 16;

/// Spirals of taps in the unit disc, one per turn.
const auto& tap_spirals() {
  static const auto kSpirals = [] {
    std::array<std::array<Flat, kTaps>, kTurns> spirals{};
    for (int t = 0; t < kTurns; ++t) {
      for (int k = 0; k < kTaps; ++k) {
        const float r = (k + 1.0F) / kTaps, a = 2 * kPi * t / kTurns + 2.4F * k;
        spirals[t][k] = {r * std::cos(a), r * std::sin(a)};
      }
    }
    return spirals;
  }();
  return kSpirals;
}

/// The share of the surroundings that is open above the surface, from neighbours in the picture.
float openness(const Visibility& seen, const Camera& camera, const Hit& hit, int x, int y) {
  const float radius = std::min(0.22F * camera.focal * seen.size / hit.depth, seen.size / 8.0F);
  float blocked = 0;
  for (const Flat tap : tap_spirals()[static_cast<int>(kTurns * lattice(x, y, 0, 1))]) {
    const int u = x + static_cast<int>(radius * tap.x), v = y + static_cast<int>(radius * tap.y);
    if (u < 0 || v < 0 || u >= seen.size || v >= seen.size) continue;
    const float near = seen.nearness[seen.at(u, v)];
    if (near <= 0) continue;
    const Vec ray = camera.ray((u + 0.5F) / seen.size, (v + 0.5F) / seen.size);
    const Vec d = camera.eye + ray * (1 / near) - hit.position;
    const float away = length(d);
    if (away < 1e-4F || away > 0.5F) continue;
    blocked += clamp01(dot(hit.normal, d) / away - 0.08F) * (1 - away / 0.5F);
  }
  return 1 - clamp01(blocked * 0.28F);
}

struct Shaded {
  Vec colour, paint;
  float light = 1;
};

struct Shader {
  const Scene& scene;
  const Drawing& drawing;
  const ShadowMap& shadows;
  float pixel;  ///< size of a pixel at 1 m, metres

  Shaded at(const Hit& hit, int solid, const Vec& ray, float open) const {
    const Material& m = scene.solids[solid].material;
    const Light& light = scene.light;
    const Vec view = normalized(-ray);
    const float footprint = pixel * hit.depth / std::max(dot(hit.normal, view), 0.15F);
    const Vec own = colour_at(m, hit.local, hit.normal, footprint, Detail::full);
    const float facing = std::max(dot(hit.normal, light.toward), 0.0F);
    const float lit = facing > 0 ? shadows.lit(hit.position + hit.normal * 0.02F) : 0;
    const float direct = facing * lit;
    const Vec ambient = mix_of(light.below, light.above, 0.5F + 0.5F * hit.normal.y) * open;
    Vec colour = own * (ambient + light.colour * direct);
    const Vec half = normalized(view + light.toward);
    const float shine = std::pow(std::max(dot(half, hit.normal), 0.0F), 8 + 80 * m.gloss);
    const float grazing = std::pow(1 - clamp01(dot(view, hit.normal)), 4.0F);
    const Vec mirrored = hit.normal * (2 * dot(view, hit.normal)) - view;
    const Vec around =
        mix_of(light.below * 2, scene.sky.horizon, smooth_step(-0.3F, 0.3F, mirrored.y));
    colour += light.colour * (m.gloss * shine * lit);
    colour += around * (m.gloss * (0.06F + 0.6F * grazing) * open);
    const float clear = std::exp(-scene.sky.haze * hit.depth);
    const bool drawn = scene.plan.style == Style::cartoon || scene.plan.style == Style::sketch;
    const Vec flat = drawn ? colour_at(m, hit.local, hit.normal, footprint, Detail::flat) : own;
    return {mix_of(scene.sky.horizon, colour, clear),
            mix_of(scene.sky.horizon, flat, clear),
            0.42F * mix_of(1.0F, open, 0.3F) + 0.68F * direct};
  }
};

/// How strongly an outline runs between the samples i and j; drawn on the nearer side.
float edge_between(
    const Scene& scene, const Drawing& drawing, const Visibility& seen, size_t i, size_t j) {
  const int a = seen.face[i], b = seen.face[j];
  if (a < 0 || a == b || seen.nearness[i] < seen.nearness[j]) return 0;
  const Solid& here = scene.solids[drawing.faces[a].solid];
  const int there = b < 0 ? -1 : drawing.faces[b].solid;
  if (b >= 0 && drawing.faces[a].solid == there) {
    if (seen.nearness[i] < seen.nearness[j] * 1.03F) return 0;
    const auto plane = [&](int face) {
      const Drawing::Face& f = drawing.faces[face];
      return normalized(cross(drawing.points[f.b] - drawing.points[f.a],
                              drawing.points[f.c] - drawing.points[f.a]));
    };
    return std::abs(dot(plane(a), plane(b))) > 0.97F ? 0.0F : here.part > 0 ? 0.9F : 0.5F;
  }
  if (here.part > 0) return 1;
  return seen.nearness[i] < 0.06F ? 0.25F : 0.6F;
}

void draw_lines(const Scene& scene, const Drawing& drawing, const Visibility& seen, Layers& out) {
  const int reach = std::max(1, seen.size / 170);
  for (int y = 0; y < seen.size; ++y) {
    for (int x = 0; x < seen.size; ++x) {
      float line = 0;
      const size_t here = seen.at(x, y);
      const auto test = [&](int u, int v) {
        if (u < 0 || v < 0 || u >= seen.size || v >= seen.size) return;
        line = std::max(line, edge_between(scene, drawing, seen, here, seen.at(u, v)));
      };
      test(x - reach, y), test(x + reach, y), test(x, y - reach), test(x, y + reach);
      out.line[static_cast<size_t>(y / kSamples) * out.size + x / kSamples] +=
          line / (kSamples * kSamples);
    }
  }
}

/// The samples of one pixel that fall on the same solid; they share the first one's shading, so
/// that edges are smooth at a quarter of the cost.
struct Group {
  int solid = -1;
  int x = 0, y = 0;  ///< of the first sample
  float share = 0;
};

/// Groups of the pixel (x, y); returns how many of `out` are filled.
int group_samples(const Drawing& drawing,
                  const Visibility& seen,
                  int x,
                  int y,
                  Group (&out)[kSamples * kSamples]) {
  int n = 0;
  for (int v = y * kSamples; v < (y + 1) * kSamples; ++v) {
    for (int u = x * kSamples; u < (x + 1) * kSamples; ++u) {
      const int face = seen.face[seen.at(u, v)], solid = face < 0 ? -1 : drawing.faces[face].solid;
      int g = 0;
      while (g < n && out[g].solid != solid) ++g;
      if (g == n) out[n++] = {.solid = solid, .x = u, .y = v};
      out[g].share += 1.0F / (kSamples * kSamples);
    }
  }
  return n;
}

void shade_pixel(const Shader& shader, const Visibility& seen, int x, int y, Layers& out) {
  const Scene& scene = shader.scene;
  const size_t pixel = static_cast<size_t>(y) * out.size + x;
  Group groups[kSamples * kSamples];
  const int n = group_samples(shader.drawing, seen, x, y, groups);
  float open = -1;
  for (int g = 0; g < n; ++g) {
    const auto [solid, u, v, share] = groups[g];
    const Vec ray = scene.camera.ray((u + 0.5F) / seen.size, (v + 0.5F) / seen.size);
    Shaded s;
    if (solid < 0) {
      s.colour = s.paint = sky_colour(scene, ray);
    } else {
      const size_t sample = seen.at(u, v);
      const Hit hit =
          hit_at(shader.drawing, seen.face[sample], scene.camera, ray, seen.nearness[sample]);
      if (open < 0) open = openness(seen, scene.camera, hit, u, v);
      s = shader.at(hit, solid, ray, open);
      if (scene.solids[solid].part > 0) out.object[pixel] += share;
    }
    out.colour[pixel] += s.colour * share;
    out.paint[pixel] += s.paint * share;
    out.light[pixel] += s.light * share;
  }
}

}  // namespace

Layers shade(const Scene& scene, const Drawing& drawing, int size) {
  const Visibility seen = look(drawing, scene.camera, size * kSamples);
  const ShadowMap shadows = cast_shadows(scene, drawing, std::max(384, 2 * size));
  const Shader shader{scene, drawing, shadows, 1 / (scene.camera.focal * size)};
  const size_t n = static_cast<size_t>(size) * size;
  Layers out{.size = size, .colour = std::vector<Vec>(n), .paint = std::vector<Vec>(n)};
  out.light.resize(n), out.line.resize(n), out.object.resize(n);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) shade_pixel(shader, seen, x, y, out);
  }
  const bool drawn = scene.plan.style == Style::cartoon || scene.plan.style == Style::sketch;
  if (drawn) draw_lines(scene, drawing, seen, out);
  return out;
}

}  // namespace troodon::world
