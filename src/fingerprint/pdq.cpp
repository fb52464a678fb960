#include "fingerprint/pdq.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "image/vectorised.hpp"

namespace troodon::fingerprint {
namespace {

constexpr int kSide = 64;   // of the picture that is transformed
constexpr int kWaves = 16;  // frequencies 1..16 along each axis
constexpr int kCoefficients = kWaves * kWaves;

using Coefficients = std::array<int64_t, kCoefficients>;

/// cos(pi / 128 * k * (2 x + 1)) in 2047ths, [x, k - 1]. Rounding is odd and even where the cosine
/// is, which is why flips are exact.
using WaveTable = std::array<std::array<int32_t, kWaves>, kSide>;

const WaveTable& wave_table() {
  static const WaveTable table = [] {
    WaveTable out{};
    for (int x = 0; x < kSide / 2; ++x) {
      for (int k = 1; k <= kWaves; ++k) {
        const double wave = std::cos(std::numbers::pi / 128 * k * (2 * x + 1));
        out[x][k - 1] = static_cast<int32_t>(std::lround(2047 * wave));
        out[kSide - 1 - x][k - 1] = k % 2 == 0 ? out[x][k - 1] : -out[x][k - 1];
      }
    }
    return out;
  }();
  return table;
}

/// Frequencies [down, across] of a 64 x 64 picture; exact: 12 + 11 + 6 bits, then 11 + 6 more.
Coefficients transform(const Grey& small) {
  const WaveTable& waves = wave_table();
  std::array<std::array<int32_t, kWaves>, kSide> across{};  // [y, wave]
  Coefficients out{};
  const uint16_t* const values = small.values.data();
  image::vectorised([ values, &waves, &across, &out ]() __attribute__((always_inline)) {
    for (int y = 0; y < kSide; ++y) {
      std::array<int32_t, kWaves> sums{};
      for (int x = 0; x < kSide; ++x) {
        const int32_t value = values[y * kSide + x];
        for (int k = 0; k < kWaves; ++k) sums[k] += value * waves[x][k];
      }
      across[y] = sums;
    }
    for (int y = 0; y < kSide; ++y) {
      for (int i = 0; i < kWaves; ++i) {
        const int64_t wave = waves[y][i];
        for (int j = 0; j < kWaves; ++j) out[i * kWaves + j] += wave * across[y][j];
      }
    }
  });
  return out;
}

/// Which coefficients are above the lower median.
Hash256 signs(const Coefficients& values) {
  Coefficients sorted = values;
  const auto middle = sorted.begin() + (kCoefficients - 1) / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  Hash256 hash{};
  for (int i = 0; i < kCoefficients; ++i) {
    hash[i / 64] |= static_cast<uint64_t>(values[i] > *middle) << (i % 64);
  }
  return hash;
}

/// The coefficients of a turn: transposing swaps the axes, a flip negates odd frequencies.
Coefficients turn_coefficients(const Coefficients& in, int turn) {
  Coefficients out;
  for (int i = 0; i < kWaves; ++i) {
    for (int j = 0; j < kWaves; ++j) {
      const int64_t value = (turn & 4) != 0 ? in[j * kWaves + i] : in[i * kWaves + j];
      const bool across = (turn & 1) != 0 && j % 2 == 0, down = (turn & 2) != 0 && i % 2 == 0;
      out[i * kWaves + j] = across != down ? -value : value;
    }
  }
  return out;
}

/// The sum of the steps between neighbours in hundredths of the range, over 90, cut at 100.
int gradient_quality(const Grey& small) {
  const auto step = [](int a, int b) { return std::abs((a - b) * 100 / (255 * kGreyLevel)); };
  int sum = 0;
  for (int y = 0; y < kSide; ++y) {
    const uint16_t* row = small.row(y);
    for (int x = 0; x + 1 < kSide; ++x) sum += step(row[x], row[x + 1]);
    if (y + 1 == kSide) break;
    for (int x = 0; x < kSide; ++x) sum += step(row[x], row[kSide + x]);
  }
  return std::min(100, sum / 90);
}

constexpr int kSmallestSide = 5;

}  // namespace

image::Image turned(const image::Image& image, int turn) {
  const bool swap = (turn & 4) != 0;
  image::Image out(swap ? image.height : image.width, swap ? image.width : image.height);
  for (int y = 0; y < out.height; ++y) {
    const int v = (turn & 2) != 0 ? out.height - 1 - y : y;
    for (int x = 0; x < out.width; ++x) {
      const int u = (turn & 1) != 0 ? out.width - 1 - x : x;
      const uint8_t* from = swap ? image.row(u) + size_t{3} * v : image.row(v) + size_t{3} * u;
      std::copy_n(from, 3, out.row(y) + size_t{3} * x);
    }
  }
  return out;
}

Pdq pdq(const Grey& grey) {
  if (std::min(grey.width, grey.height) < kSmallestSide) return {};
  const Grey small = area_resize(grey, kSide, kSide);
  return {.hash = signs(transform(small)), .quality = gradient_quality(small)};
}

PdqTurns pdq_turns(const Grey& grey) {
  if (std::min(grey.width, grey.height) < kSmallestSide) return {};
  const Grey small = area_resize(grey, kSide, kSide);
  const Coefficients plain = transform(small);
  PdqTurns out{.quality = gradient_quality(small)};
  for (int turn = 0; turn < kTurns; ++turn) {
    out.hashes[turn] = signs(turn_coefficients(plain, turn));
  }
  return out;
}

int nearest_turn(const Hash256& a, const PdqTurns& b) {
  int nearest = 256;
  for (const Hash256& hash : b.hashes) nearest = std::min(nearest, hamming(a, hash));
  return nearest;
}

}  // namespace troodon::fingerprint
