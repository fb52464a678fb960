#include "annotate/cut/pixel_cut.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "annotate/cut/lab.hpp"
#include "annotate/cut/max_flow.hpp"
#include "annotate/cut/mixture.hpp"

namespace troodon::annotate {
namespace {

constexpr float kSure = 1e4F;
/// Right, down and both diagonals.
constexpr std::array<std::array<int, 2>, 4> kAround = {{{1, 0}, {0, 1}, {1, 1}, {-1, 1}}};

struct Pixels {
  int width, height;
  std::vector<float> lab;

  size_t at(int x, int y) const { return static_cast<size_t>(y) * width + x; }
  float square(size_t a, size_t b) const {
    float sum = 0;
    for (size_t i = 0; i < 3; ++i)
      sum += (lab[3 * a + i] - lab[3 * b + i]) * (lab[3 * a + i] - lab[3 * b + i]);
    return sum;
  }
};

template <class Look>
void each_pair(const Pixels& pixels, const Look& look) {
  for (int y = 0; y < pixels.height; ++y) {
    for (int x = 0; x < pixels.width; ++x) {
      for (const auto& [dx, dy] : kAround) {
        const int u = x + dx, v = y + dy;
        if (u < 0 || u >= pixels.width || v >= pixels.height) continue;
        look(pixels.at(x, y), pixels.at(u, v), dx != 0 && dy != 0 ? 0.7071F : 1.0F);
      }
    }
  }
}

float mean_square(const Pixels& pixels) {
  double sum = 0;
  size_t count = 0;
  each_pair(pixels, [&](size_t a, size_t b, float) { sum += pixels.square(a, b), ++count; });
  return static_cast<float>(sum / static_cast<double>(std::max<size_t>(count, 1))) + 1e-7F;
}

/// Log densities inside minus outside, of each pixel; 0 where one of the two has no pixels.
std::vector<float> colour_odds(const Pixels& pixels, std::span<const float> inside) {
  std::vector<float> outside(inside.size());
  std::ranges::transform(inside, outside.begin(), [](float p) { return 1 - p; });
  const Mixture ours = fit_mixture(pixels.lab, inside), theirs = fit_mixture(pixels.lab, outside);
  std::vector<float> out(inside.size(), 0);
  if (ours.parts.empty() || theirs.parts.empty()) return out;
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = std::clamp(
        ours.log_density(&pixels.lab[3 * i]) - theirs.log_density(&pixels.lab[3 * i]), -6.0F, 6.0F);
  return out;
}

}  // namespace

std::vector<uint8_t> pixel_cut(const Sight& sight,
                               std::span<const float> chances,
                               std::span<const Fixed> fixed,
                               const PixelCutOptions& options) {
  const Pixels pixels{sight.small.width, sight.small.height, lab_of(sight.small)};
  const float scale = 1 / (2 * mean_square(pixels));
  std::vector<float> weights(chances.begin(), chances.end());
  std::vector<uint8_t> out(chances.size());
  for (int round = 0; round < options.rounds; ++round) {
    const std::vector<float> odds = colour_odds(pixels, weights);
    MaxFlow flow(static_cast<int32_t>(out.size()), out.size() * kAround.size());
    for (size_t i = 0; i < out.size(); ++i) {
      const float p = std::clamp(chances[i], 0.01F, 0.99F);
      float value = options.chance * std::log(p / (1 - p)) + options.colour * odds[i];
      if (fixed[i] != Fixed::no) value = fixed[i] == Fixed::inside ? kSure : -kSure;
      flow.add_terminal(static_cast<int32_t>(i), std::max(value, 0.0F), std::max(-value, 0.0F));
    }
    each_pair(pixels, [&](size_t a, size_t b, float nearness) {
      flow.add_edge(
          static_cast<int32_t>(a),
          static_cast<int32_t>(b),
          nearness * (0.05F + options.smoothness * std::exp(-scale * pixels.square(a, b))));
    });
    flow.solve();
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = flow.of_source(static_cast<int32_t>(i)) ? 1 : 0;
      weights[i] = 0.5F * chances[i] + 0.5F * static_cast<float>(out[i]);
    }
  }
  return out;
}

namespace {

/// Mean over (2 r + 1)^2 pixels, edges count what there is.
std::vector<float> box_mean(const std::vector<float>& in, int width, int height, int r) {
  std::vector<float> rows(in.size()), out(in.size());
  for (int y = 0; y < height; ++y) {
    double sum = 0;
    const float* row = &in[static_cast<size_t>(y) * width];
    for (int x = 0; x < std::min(r, width); ++x) sum += row[x];
    for (int x = 0; x < width; ++x) {
      if (x + r < width) sum += row[x + r];
      if (x - r - 1 >= 0) sum -= row[x - r - 1];
      const int n = std::min(width - 1, x + r) - std::max(0, x - r) + 1;
      rows[static_cast<size_t>(y) * width + x] = static_cast<float>(sum / n);
    }
  }
  std::vector<double> sums(static_cast<size_t>(width), 0);
  const auto add = [&](int y, double sign) {
    for (int x = 0; x < width; ++x) sums[x] += sign * rows[static_cast<size_t>(y) * width + x];
  };
  for (int y = 0; y < std::min(r, height); ++y) add(y, 1);
  for (int y = 0; y < height; ++y) {
    if (y + r < height) add(y + r, 1);
    if (y - r - 1 >= 0) add(y - r - 1, -1);
    const int n = std::min(height - 1, y + r) - std::max(0, y - r) + 1;
    for (int x = 0; x < width; ++x)
      out[static_cast<size_t>(y) * width + x] = static_cast<float>(sums[x] / n);
  }
  return out;
}

std::vector<float> luminance(const image::Image& picture) {
  std::vector<float> out(picture.pixels.size() / 3);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = (0.299F * picture.pixels[3 * i] + 0.587F * picture.pixels[3 * i + 1] +
              0.114F * picture.pixels[3 * i + 2]) /
             255;
  return out;
}

std::vector<float> times(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> out(a.size());
  std::ranges::transform(a, b, out.begin(), std::multiplies<>());
  return out;
}

}  // namespace

std::vector<uint8_t> full_size(const Sight& sight, std::span<const uint8_t> mask) {
  const int width = sight.picture.width, height = sight.picture.height;
  std::vector<float> soft(static_cast<size_t>(width) * height);
  const double sx = static_cast<double>(sight.small.width) / width,
               sy = static_cast<double>(sight.small.height) / height;
  for (int y = 0; y < height; ++y) {
    const double v = std::clamp((y + 0.5) * sy - 0.5, 0.0, sight.small.height - 1.0);
    const int top = static_cast<int>(v), bottom = std::min(top + 1, sight.small.height - 1);
    for (int x = 0; x < width; ++x) {
      const double u = std::clamp((x + 0.5) * sx - 0.5, 0.0, sight.small.width - 1.0);
      const int left = static_cast<int>(u), right = std::min(left + 1, sight.small.width - 1);
      const auto at = [&](int px, int py) {
        return static_cast<double>(mask[static_cast<size_t>(py) * sight.small.width + px]);
      };
      const double a = u - left, b = v - top;
      soft[static_cast<size_t>(y) * width + x] =
          static_cast<float>((1 - b) * ((1 - a) * at(left, top) + a * at(right, top)) +
                             b * ((1 - a) * at(left, bottom) + a * at(right, bottom)));
    }
  }
  const int r = std::max(1, static_cast<int>(std::lround(1.5 / sx)));
  constexpr float kEven = 1e-3F;
  const std::vector<float> guide = luminance(sight.picture);
  const auto mean = [&](const std::vector<float>& v) { return box_mean(v, width, height, r); };
  const auto mean_g = mean(guide), mean_p = mean(soft), mean_gp = mean(times(guide, soft)),
             mean_gg = mean(times(guide, guide));
  std::vector<float> a(soft.size()), b(soft.size());
  for (size_t i = 0; i < soft.size(); ++i) {
    a[i] = (mean_gp[i] - mean_g[i] * mean_p[i]) / (mean_gg[i] - mean_g[i] * mean_g[i] + kEven);
    b[i] = mean_p[i] - a[i] * mean_g[i];
  }
  const auto mean_a = mean(a), mean_b = mean(b);
  std::vector<uint8_t> out(soft.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = mean_a[i] * guide[i] + mean_b[i] > 0.5F ? 1 : 0;
  return out;
}

}  // namespace troodon::annotate
