#include "fingerprint/windows.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace troodon::fingerprint {
namespace {

constexpr int kSide = 16;  // of a resampled part
constexpr int kWaves = 8;
// Agreement of pixels, at first and after the coarse moves, from which hardly anything becomes a
// copy: most windows are left there.
constexpr double kHopeless = 0.4, kHopelessNear = 0.75;

using Part = std::array<float, kSide * kSide>;

/// Where the samples of an axis lie: the pixel before each, and the share of the one after it.
struct Taps {
  std::array<int, kSide> at;
  std::array<float, kSide> share;

  Taps(float start, float length) {
    for (int i = 0; i < kSide; ++i) {
      const float center =
          (start + length * (static_cast<float>(i) + 0.5F) / kSide) * kThumbnailSide - 0.5F;
      const float inside = std::clamp(center, 0.0F, kThumbnailSide - 1.001F);
      at[i] = static_cast<int>(inside);
      share[i] = inside - static_cast<float>(at[i]);
    }
  }
};

Part resampled(const Thumbnail& thumbnail, const Window& window) {
  const Taps across(window.left, window.width), down(window.top, window.height);
  Part out;
  for (int y = 0; y < kSide; ++y) {
    const uint8_t* const upper = &thumbnail[down.at[y] * kThumbnailSide];
    for (int x = 0; x < kSide; ++x) {
      const uint8_t* const p = upper + across.at[x];
      const float u = across.share[x], v = down.share[y];
      const float top = static_cast<float>(p[0]) * (1 - u) + static_cast<float>(p[1]) * u;
      const uint8_t* const q = p + kThumbnailSide;
      const float bottom = static_cast<float>(q[0]) * (1 - u) + static_cast<float>(q[1]) * u;
      out[y * kSide + x] = top * (1 - v) + bottom * v;
    }
  }
  return out;
}

const std::array<std::array<float, kSide>, kWaves>& wave_table() {
  static const auto table = [] {
    std::array<std::array<float, kSide>, kWaves> out;
    for (int k = 0; k < kWaves; ++k) {
      for (int x = 0; x < kSide; ++x) {
        const double angle = std::numbers::pi / (2 * kSide) * (k + 1) * (2 * x + 1);
        out[k][x] = static_cast<float>(std::cos(angle));
      }
    }
    return out;
  }();
  return table;
}

/// A part made comparable: mean 0 and length 1, and the same for its steps right and down.
struct Normal {
  Part pixels;
  std::array<float, 2 * kSide * kSide> steps{};
};

template <size_t N>
void scale_to_one(std::array<float, N>& values) {
  float squares = 0;
  for (const float v : values) squares += v * v;
  const float scale = 1 / std::max(std::sqrt(squares), 1e-3F);
  for (float& v : values) v *= scale;
}

Normal normal_of(const Part& part) {
  Normal out{.pixels = part};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const int i = y * kSide + x;
      if (x + 1 < kSide) out.steps[2 * i] = part[i + 1] - part[i];
      if (y + 1 < kSide) out.steps[2 * i + 1] = part[i + kSide] - part[i];
    }
  }
  float sum = 0;
  for (const float v : part) sum += v;
  for (float& v : out.pixels) v -= sum / (kSide * kSide);
  scale_to_one(out.pixels);
  scale_to_one(out.steps);
  return out;
}

template <size_t N>
double dot(const std::array<float, N>& a, const std::array<float, N>& b) {
  float sum[8] = {};
  for (size_t i = 0; i < N; i += 8) {
    for (size_t lane = 0; lane < 8; ++lane) sum[lane] += a[i + lane] * b[i + lane];
  }
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

Agreement agreement(const Normal& a, const Normal& b) {
  return {dot(a.pixels, b.pixels), dot(a.steps, b.steps)};
}

/// Keeps a moved window within the picture and above half of its sides.
Window kept_inside(Window window) {
  window.width = std::clamp(window.width, 0.5F, 1.0F);
  window.height = std::clamp(window.height, 0.5F, 1.0F);
  window.left = std::clamp(window.left, 0.0F, 1 - window.width);
  window.top = std::clamp(window.top, 0.0F, 1 - window.height);
  return window;
}

/// `window` with one of its four numbers changed; growing and shrinking keep the centre.
Window moved(Window window, int which, float by) {
  if (which == 0) window.left += by;
  if (which == 1) window.top += by;
  if (which == 2) window.width += by, window.left -= by / 2;
  if (which == 3) window.height += by, window.top -= by / 2;
  return kept_inside(window);
}

}  // namespace

Thumbnail thumbnail_of(const Grey& grey, const image::Box& box) {
  const Grey small = area_resize(grey, box, kThumbnailSide, kThumbnailSide);
  Thumbnail out;
  std::ranges::transform(small.values, out.begin(), [](uint16_t v) {
    return static_cast<uint8_t>((v + kGreyLevel / 2) / kGreyLevel);
  });
  return out;
}

std::span<const Window> standard_windows() {
  static const std::vector<Window> windows = [] {
    std::vector<Window> out = {Window{}};
    for (const auto& [size, steps] : {std::pair{0.9F, 2}, {0.8F, 3}, {0.7F, 4}}) {
      const float step = (1 - size) / static_cast<float>(steps);
      for (int y = 0; y <= steps; ++y) {
        for (int x = 0; x <= steps; ++x) {
          out.push_back({static_cast<float>(x) * step, static_cast<float>(y) * step, size, size});
        }
      }
    }
    return out;
  }();
  return windows;
}

Hash64 window_hash(const Thumbnail& thumbnail, const Window& window) {
  const auto& waves = wave_table();
  const Part part = resampled(thumbnail, window);
  std::array<std::array<float, kWaves>, kSide> across{};
  for (int y = 0; y < kSide; ++y) {
    for (int k = 0; k < kWaves; ++k) {
      for (int x = 0; x < kSide; ++x) across[y][k] += part[y * kSide + x] * waves[k][x];
    }
  }
  std::array<float, kWaves * kWaves> values{};
  for (int i = 0; i < kWaves; ++i) {
    for (int y = 0; y < kSide; ++y) {
      for (int j = 0; j < kWaves; ++j) values[i * kWaves + j] += waves[i][y] * across[y][j];
    }
  }
  auto sorted = values;
  std::nth_element(sorted.begin(), sorted.begin() + 31, sorted.end());
  Hash64 hash = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    hash |= static_cast<Hash64>(values[i] > sorted[31]) << i;
  }
  return hash;
}

Agreement align(const Thumbnail& whole, const Thumbnail& part, Window& guess) {
  const Normal wanted = normal_of(resampled(part, {}));
  const auto look = [&](const Window& window) {
    return agreement(normal_of(resampled(whole, window)), wanted);
  };
  guess = kept_inside(guess);
  Agreement best = look(guess);
  if (best.pixels < kHopeless) return best;
  for (const float by : {0.04F, 0.02F, 0.01F}) {
    for (bool better = true; better;) {
      better = false;
      for (int change = 0; change < 8; ++change) {
        const Window next = moved(guess, change / 2, change % 2 == 0 ? by : -by);
        const Agreement found = look(next);
        if (found.pixels + found.steps <= best.pixels + best.steps + 1e-4) continue;
        best = found, guess = next, better = true;
      }
    }
    if (best.pixels < kHopelessNear) break;
  }
  return best;
}

}  // namespace troodon::fingerprint
