#include "render/styles.hpp"

#include <array>
#include <cmath>

#include "geometry/noise.hpp"

namespace troodon::world {

namespace {

float to_srgb(float v) {
  static const auto kCurve = [] {
    std::array<float, 4097> curve{};
    for (int i = 0; i <= 4096; ++i) {
      const float x = i / 4096.0F;
      curve[i] = x <= 0.0031308F ? 12.92F * x : 1.055F * std::pow(x, 1 / 2.4F) - 0.055F;
    }
    return curve;
  }();
  const float at = clamp01(v) * 4095.999F;
  const int i = static_cast<int>(at);
  return mix_of(kCurve[i], kCurve[i + 1], at - static_cast<float>(i));
}

float draw(Random& random, float low, float high) {
  return static_cast<float>(random.uniform(low, high));
}

}  // namespace

void put_encoded(image::Image& image, size_t pixel, const Vec& encoded) {
  const auto level = [](float v) { return static_cast<uint8_t>(clamp01(v) * 255 + 0.5F); };
  image.pixels[3 * pixel] = level(encoded.x);
  image.pixels[3 * pixel + 1] = level(encoded.y);
  image.pixels[3 * pixel + 2] = level(encoded.z);
}

void put(image::Image& image, size_t pixel, const Vec& linear) {
  put_encoded(image, pixel, {to_srgb(linear.x), to_srgb(linear.y), to_srgb(linear.z)});
}

Vec develop(const Vec& linear, float exposure) {
  const auto curve = [&](float v) {
    const float x = std::max(v, 0.0F) * exposure;
    return to_srgb(x * (1 + x / 4) / (1 + x * 0.75F));
  };
  return {curve(linear.x), curve(linear.y), curve(linear.z)};
}

image::Image draw_photo(const Layers& layers, Random& random) {
  image::Image out(layers.size, layers.size);
  const float exposure = draw(random, 0.95F, 1.45F), corner = draw(random, 0, 0.5F);
  const float grain = draw(random, 0.01F, 0.05F), warm = draw(random, -0.06F, 0.06F);
  const auto seed = static_cast<uint32_t>(random.next());
  for (int y = 0; y < layers.size; ++y) {
    for (int x = 0; x < layers.size; ++x) {
      const size_t i = static_cast<size_t>(y) * layers.size + x;
      const float u = (x + 0.5F) / layers.size - 0.5F, v = (y + 0.5F) / layers.size - 0.5F;
      const Vec c = layers.colour[i] * Vec{1 + warm, 1, 1 - warm} * (1 - corner * (u * u + v * v));
      const Vec noisy = {lattice(x, y, 0, seed) - 0.5F,
                         lattice(x, y, 1, seed) - 0.5F,
                         lattice(x, y, 2, seed) - 0.5F};
      put_encoded(out, i, develop(c, exposure) + noisy * grain);
    }
  }
  return out;
}

image::Image draw_cartoon(const Layers& layers, Random& random) {
  image::Image out(layers.size, layers.size);
  const Vec ink = hsv(draw(random, 0, 1), 0.4F, 0.22F);
  const float vivid = draw(random, 1.15F, 1.5F), dark = draw(random, 0.42F, 0.6F);
  for (size_t i = 0; i < layers.light.size(); ++i) {
    const float light = layers.light[i];
    const float band = dark + (0.86F - dark) * smooth_step(0.46F, 0.50F, light) +
                       0.24F * smooth_step(0.78F, 0.82F, light);
    const Vec paint = layers.paint[i];
    const float gray = luma(paint);
    const Vec flat =
        (Vec{gray, gray, gray} + (paint - Vec{gray, gray, gray}) * vivid) * (band * 1.25F);
    put(out, i, mix_of(flat, ink, clamp01(layers.line[i] * 1.25F)));
  }
  return out;
}

image::Image draw_scene(const Scene& scene, const Layers& layers, uint64_t frame) {
  Random random(mix(scene.plan.seed, 4, frame));
  switch (scene.plan.style) {
    case Style::cartoon:
      return draw_cartoon(layers, random);
    case Style::sketch:
      return draw_sketch(layers, random);
    case Style::painting:
      return draw_painting(layers, random);
    default:
      return draw_photo(layers, random);
  }
}

}  // namespace troodon::world
