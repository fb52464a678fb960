#include "image/corrupt.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "image/canvas.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"

namespace troodon::image {
namespace {

/// A setting for each strength, and how it looks to this picture.
struct Degree {
  int strength;
  double scale;  // pixels of this picture per pixel of one of side 224
  uint64_t seed;

  double of(const std::array<double, 5>& settings) const { return settings[strength - 1]; }
  double pixels(const std::array<double, 5>& lengths) const { return of(lengths) * scale; }
  /// Larger pictures get coarser grain: what is left of it after shrinking is the same.
  int grain() const { return std::max(1, static_cast<int>(std::lround(scale))); }
};

/// Replaces each value by change(value, random); values of a grain and channel draw the same, and
/// every strength draws alike.
template <class Change>
void with_grain(Canvas& canvas, const Degree& degree, Change&& change) {
  const int grain = degree.grain();
  for (int y = 0; y < canvas.height; ++y) {
    const uint64_t row = mix(degree.seed, y / grain);
    for (int x = 0; x < canvas.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        Random random(mix(row, 3 * (x / grain) + c));
        float& value = canvas.at(y, x)[c];
        value = static_cast<float>(change(value, random));
      }
    }
  }
}

/// The number of events when `mean` are expected, by how many it takes to pass one random share.
int64_t poisson(double mean, Random& random) {
  const double share = random.uniform();
  double chance = std::exp(-mean), below = chance;
  int64_t events = 0;
  while (below < share && chance > 0) below += chance *= mean / static_cast<double>(++events);
  return events;
}

void gaussian_noise(Canvas& canvas, const Degree& degree) {
  const double deviation = degree.of({0.08, 0.12, 0.18, 0.26, 0.38});
  with_grain(
      canvas, degree, [&](float v, Random& random) { return v + deviation * random.normal(); });
}

void shot_noise(Canvas& canvas, const Degree& degree) {
  const double photons = degree.of({60, 25, 12, 5, 3});  // that a white pixel gets
  with_grain(canvas, degree, [&](float v, Random& random) {
    return static_cast<double>(poisson(v * photons, random)) / photons;
  });
}

void impulse_noise(Canvas& canvas, const Degree& degree) {
  const double share = degree.of({0.03, 0.06, 0.09, 0.17, 0.27});
  with_grain(canvas, degree, [&](float v, Random& random) {
    const bool hit = random.chance(share);
    return hit ? (random.chance(0.5) ? 1.0F : 0.0F) : v;
  });
}

Canvas motion_blur(const Canvas& canvas, const Degree& degree) {
  const double angle = Random(degree.seed).uniform(0, std::numbers::pi);
  return moved(canvas, degree.pixels({7, 11, 16, 22, 29}), angle);
}

Canvas elastic(const Canvas& canvas, const Degree& degree) {
  // Waves stay longer than what they move, or the picture would fold; in tiny ones too.
  const double wave = std::max(28 * degree.scale, 2.0);
  return bent(canvas, degree.pixels({3, 4.5, 6.5, 9, 12}), wave, degree.seed);
}

void fog(Canvas& canvas, const Degree& degree) {
  const double thick = degree.of({0.35, 0.47, 0.59, 0.71, 0.83});
  const double cell = std::max(112 * degree.scale, 1.0);
  for (int y = 0; y < canvas.height; ++y) {
    for (int x = 0; x < canvas.width; ++x) {
      const auto veil = static_cast<float>(thick * (0.5 + 0.5 * cloud(y, x, cell, degree.seed)));
      for (int c = 0; c < 3; ++c) canvas.at(y, x)[c] += veil * (0.95F - canvas.at(y, x)[c]);
    }
  }
}

/// One flake: a soft dot that falls along (dy, dx); `layer` keeps the whitest.
void draw_flake(Canvas& layer, double y, double x, double radius, double dy, double dx) {
  const double reach = radius + 0.5, length = std::hypot(dy, dx);
  const auto rows = [&](double v) { return std::clamp(static_cast<int>(v), 0, layer.height - 1); };
  const auto columns = [&](double v) {
    return std::clamp(static_cast<int>(v), 0, layer.width - 1);
  };
  for (int r = rows(y - reach - length); r <= rows(y + reach + length + 1); ++r) {
    for (int c = columns(x - reach - length); c <= columns(x + reach + length + 1); ++c) {
      const double along = length == 0 ? 0 : ((r - y) * dy + (c - x) * dx) / (length * length);
      const double part = std::clamp(along, 0.0, 1.0);
      const double away = std::hypot(r - y - part * dy, c - x - part * dx);
      const double white = std::clamp(reach - away, 0.0, 1.0) * std::min(1.0, 2 * radius);
      float& value = layer.at(r, c)[0];
      value = std::max(value, static_cast<float>(white));
    }
  }
}

void snow(Canvas& canvas, const Degree& degree) {
  Canvas layer(canvas.width, canvas.height);
  Random random(degree.seed);
  const double area = static_cast<double>(canvas.width) * canvas.height;
  const double flakes =
      std::min(degree.of({150, 260, 400, 580, 800}) * area / std::pow(224 * degree.scale, 2), area);
  const double wind = random.uniform(-0.7, 0.7);
  for (double i = 0; i < flakes; ++i) {  // a stronger snow falls on the same places first
    const double y = random.uniform(0, canvas.height), x = random.uniform(0, canvas.width);
    const double size = random.uniform(0.7, 2.2) * degree.scale, fall = 5 * size;
    draw_flake(layer, y, x, size, fall, wind * fall);
  }
  const auto haze = static_cast<float>(degree.of({0.08, 0.13, 0.18, 0.23, 0.28}));
  for (int y = 0; y < canvas.height; ++y) {
    for (int x = 0; x < canvas.width; ++x) {
      const float white = std::max(layer.at(y, x)[0], haze);
      for (int c = 0; c < 3; ++c) canvas.at(y, x)[c] += white * (1 - canvas.at(y, x)[c]);
    }
  }
}

/// Raises the value of HSV: hue and saturation stay.
void brightness(Canvas& canvas, const Degree& degree) {
  const auto more = static_cast<float>(degree.of({0.1, 0.2, 0.3, 0.4, 0.5}));
  for (size_t i = 0; i < canvas.values.size(); i += 3) {
    float* pixel = canvas.values.data() + i;
    const float value = std::max({pixel[0], pixel[1], pixel[2]});
    const float wanted = std::min(value + more, 1.0F);
    for (int c = 0; c < 3; ++c) pixel[c] = value > 0 ? pixel[c] * wanted / value : wanted;
  }
}

void contrast(Canvas& canvas, const Degree& degree) {
  const auto left = static_cast<float>(degree.of({0.4, 0.3, 0.2, 0.1, 0.05}));
  std::array<double, 3> mean = {};
  const auto pixels = static_cast<double>(canvas.values.size() / 3);
  for (size_t i = 0; i < canvas.values.size(); ++i) mean[i % 3] += canvas.values[i] / pixels;
  for (size_t i = 0; i < canvas.values.size(); ++i) {
    const auto middle = static_cast<float>(mean[i % 3]);
    canvas.values[i] = middle + left * (canvas.values[i] - middle);
  }
}

/// Means over blocks, which are larger than a pixel in tiny pictures too.
void pixelate(Canvas& canvas, const Degree& degree) {
  const double side = std::max(degree.pixels({3, 4, 6, 8, 11}), 1 + degree.strength / 4.0);
  const auto blocks = [&](int length) { return std::max<int64_t>(std::lround(length / side), 1); };
  const int64_t rows = blocks(canvas.height), columns = blocks(canvas.width);
  const auto block_of = [&](int y, int x) {
    return static_cast<size_t>(y * rows / canvas.height * columns + x * columns / canvas.width);
  };
  std::vector<std::array<double, 4>> sums(static_cast<size_t>(rows * columns));
  for (int y = 0; y < canvas.height; ++y) {
    for (int x = 0; x < canvas.width; ++x) {
      auto& sum = sums[block_of(y, x)];
      for (int c = 0; c < 3; ++c) sum[c] += canvas.at(y, x)[c];
      ++sum[3];
    }
  }
  for (int y = 0; y < canvas.height; ++y) {
    for (int x = 0; x < canvas.width; ++x) {
      const auto& sum = sums[block_of(y, x)];
      for (int c = 0; c < 3; ++c) canvas.at(y, x)[c] = static_cast<float>(sum[c] / sum[3]);
    }
  }
}

Image jpeg(const Image& image, const Degree& degree) {
  const std::string file = encode_jpeg(image, static_cast<int>(degree.of({30, 22, 15, 10, 6})));
  auto back = decode(std::as_bytes(std::span(file)));
  if (!back)
    fail("a JPEG of {} x {} cannot be read back: {}", image.width, image.height, back.reason());
  return std::move(*back);
}

Canvas damaged(Canvas canvas, Corruption corruption, const Degree& degree) {
  switch (corruption) {
    case Corruption::gaussian_noise:
      gaussian_noise(canvas, degree);
      break;
    case Corruption::shot_noise:
      shot_noise(canvas, degree);
      break;
    case Corruption::impulse_noise:
      impulse_noise(canvas, degree);
      break;
    case Corruption::defocus_blur:
      return defocused(canvas, degree.pixels({2.5, 4, 6, 8, 10}));
    case Corruption::motion_blur:
      return motion_blur(canvas, degree);
    case Corruption::zoom_blur:
      return zoomed(canvas, degree.of({1.1, 1.16, 1.22, 1.28, 1.34}));
    case Corruption::snow:
      snow(canvas, degree);
      break;
    case Corruption::fog:
      fog(canvas, degree);
      break;
    case Corruption::brightness:
      brightness(canvas, degree);
      break;
    case Corruption::contrast:
      contrast(canvas, degree);
      break;
    case Corruption::elastic:
      return elastic(canvas, degree);
    case Corruption::pixelate:
      pixelate(canvas, degree);
      break;
    case Corruption::jpeg:
      break;  // a file of bytes, not of light
  }
  return canvas;
}

}  // namespace

Corruption corruption_of(std::string_view name) {
  const auto found = std::ranges::find(kCorruptionNames, name);
  if (found == kCorruptionNames.end())
    fail(Exit::usage, "no corruption '{}'; known: {}", name, fmt::join(kCorruptionNames, ", "));
  return static_cast<Corruption>(found - kCorruptionNames.begin());
}

Image corrupt(const Image& image, Corruption corruption, int strength, uint64_t seed) {
  if (strength < 1 || strength > 5)
    fail(Exit::usage, "strength {} of a corruption; give 1 (mild) to 5", strength);
  if (image.empty()) return image;
  const Degree degree{.strength = strength,
                      .scale = std::min(image.width, image.height) / 224.0,
                      .seed = mix(seed, static_cast<uint64_t>(corruption))};
  if (corruption == Corruption::jpeg) return jpeg(image, degree);
  return damaged(Canvas(image), corruption, degree).image();
}

}  // namespace troodon::image
