#include "engine/int8_linear.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/parallel.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace troodon::engine {
namespace {

constexpr int64_t kPanel = 16;  ///< outputs of a panel: two AVX2 registers of sums
constexpr int64_t kTile = 6;    ///< rows at once: 12 registers of sums, which fill the rest

/// Rows of x as integers, [rows,2*pairs], and what one of them is worth.
struct Rounded {
  int64_t pairs = 0;
  std::vector<int16_t> values;
  std::vector<float> scales;
};

/// One row -> integers; returns what one is worth.
float round_row_plain(const float* x, int64_t inputs, int16_t* out) {
  float largest = 1e-30F;
  for (int64_t i = 0; i < inputs; ++i) largest = std::max(largest, std::abs(x[i]));
  const float limit = largest_integer(inputs), factor = limit / largest;
  for (int64_t i = 0; i < inputs; ++i) out[i] = static_cast<int16_t>(std::nearbyint(x[i] * factor));
  return largest / limit;
}

/// What a tile works on: six rows (a row may stand for one that is missing), one panel.
struct Tile {
  std::array<const int16_t*, kTile> rows;
  std::array<float, kTile> row_scales;
  const int8_t* panel;
  const float* scales;
  const float* bias;
  int64_t pairs;
};

using Results = float[kTile][kPanel];

void multiply_plain(const Tile& tile, Results& out) {
  for (int64_t row = 0; row < kTile; ++row) {
    for (int64_t i = 0; i < kPanel; ++i) {
      int32_t sum = 0;
      for (int64_t pair = 0; pair < tile.pairs; ++pair) {
        const int8_t* weight = tile.panel + (pair * kPanel + i) * 2;
        const int16_t* x = tile.rows[static_cast<size_t>(row)] + pair * 2;
        sum += int32_t{x[0]} * weight[0] + int32_t{x[1]} * weight[1];
      }
      const float scale = tile.row_scales[static_cast<size_t>(row)] * tile.scales[i];
      out[row][i] = static_cast<float>(sum) * scale + tile.bias[i];
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) float round_row_avx2(const float* x, int64_t inputs, int16_t* out) {
  const __m256 sign = _mm256_set1_ps(-0.0F);
  __m256 most = _mm256_set1_ps(1e-30F);
  int64_t i = 0;
  for (; i + 8 <= inputs; i += 8) {
    most = _mm256_max_ps(most, _mm256_andnot_ps(sign, _mm256_loadu_ps(x + i)));
  }
  alignas(32) float parts[8];
  _mm256_store_ps(parts, most);
  float largest = *std::max_element(parts, parts + 8);
  for (int64_t rest = i; rest < inputs; ++rest) largest = std::max(largest, std::abs(x[rest]));
  const float limit = largest_integer(inputs), factor = limit / largest;
  const __m256 factors = _mm256_set1_ps(factor);
  for (i = 0; i + 8 <= inputs; i += 8) {
    const __m256i wide = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + i), factors));
    const __m128i narrow =
        _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), narrow);
  }
  for (; i < inputs; ++i) out[i] = static_cast<int16_t>(std::nearbyint(x[i] * factor));
  return largest / limit;
}

__attribute__((target("avx2"))) void multiply_avx2(const Tile& tile, Results& out) {
  __m256i sum[kTile][2];
  for (auto& row : sum) row[0] = row[1] = _mm256_setzero_si256();
  for (int64_t pair = 0; pair < tile.pairs; ++pair) {
    const auto* bytes = reinterpret_cast<const __m128i*>(tile.panel + pair * 2 * kPanel);
    const __m256i left = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes));
    const __m256i right = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes + 1));
#pragma GCC unroll 6
    for (size_t row = 0; row < kTile; ++row) {
      int32_t both;
      std::memcpy(&both, tile.rows[row] + pair * 2, sizeof(both));
      const __m256i x = _mm256_set1_epi32(both);
      sum[row][0] = _mm256_add_epi32(sum[row][0], _mm256_madd_epi16(x, left));
      sum[row][1] = _mm256_add_epi32(sum[row][1], _mm256_madd_epi16(x, right));
    }
  }
#pragma GCC unroll 6
  for (size_t row = 0; row < kTile; ++row) {
    for (size_t half = 0; half < 2; ++half) {
      const __m256 scale = _mm256_mul_ps(_mm256_set1_ps(tile.row_scales[row]),
                                         _mm256_loadu_ps(tile.scales + 8 * half));
      const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum[row][half]), scale);
      _mm256_storeu_ps(out[row] + 8 * half,
                       _mm256_add_ps(scaled, _mm256_loadu_ps(tile.bias + 8 * half)));
    }
  }
}

/// One step of the sums: the next pair of inputs of each row by the panel's weights.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline void add_pair(const Tile& tile,
                                                                            int64_t pair,
                                                                            __m512i* sum) {
  const auto* bytes = reinterpret_cast<const __m256i*>(tile.panel + pair * 2 * kPanel);
  const __m512i weights = _mm512_cvtepi8_epi16(_mm256_loadu_si256(bytes));
#pragma GCC unroll 6
  for (size_t row = 0; row < kTile; ++row) {
    int32_t both;
    std::memcpy(&both, tile.rows[row] + pair * 2, sizeof(both));
    sum[row] = _mm512_dpwssd_epi32(sum[row], _mm512_set1_epi32(both), weights);
  }
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) void multiply_vnni(const Tile& tile,
                                                                          Results& out) {
  __m512i even[kTile], odd[kTile];  // one waits for five steps otherwise
  for (size_t row = 0; row < kTile; ++row) even[row] = odd[row] = _mm512_setzero_si512();
  int64_t pair = 0;
  for (; pair + 2 <= tile.pairs; pair += 2) {
    add_pair(tile, pair, even);
    add_pair(tile, pair + 1, odd);
  }
  if (pair < tile.pairs) add_pair(tile, pair, even);
  const __m512 scales = _mm512_loadu_ps(tile.scales), bias = _mm512_loadu_ps(tile.bias);
#pragma GCC unroll 6
  for (size_t row = 0; row < kTile; ++row) {
    const __m512 sums = _mm512_cvtepi32_ps(_mm512_add_epi32(even[row], odd[row]));
    const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(tile.row_scales[row]), scales);
    _mm512_storeu_ps(out[row], _mm512_add_ps(_mm512_mul_ps(sums, scale), bias));
  }
}
#endif

/// The two steps, for this CPU or plain.
struct Steps {
  float (*round_row)(const float*, int64_t, int16_t*);
  void (*multiply)(const Tile&, Results&);
};

Steps best_steps() {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") > 0;
  static const bool vnni =
      avx2 && __builtin_cpu_supports("avx512bw") > 0 && __builtin_cpu_supports("avx512vnni") > 0;
  if (vnni) return {round_row_avx2, multiply_vnni};
  if (avx2) return {round_row_avx2, multiply_avx2};
#endif
  return {round_row_plain, multiply_plain};
}

/// All rows by one panel: it stays in the first cache, the rows in the second.
void panel_of(
    const Steps& steps, const Rounded& x, const Int8Weights& weights, int64_t panel, float* out) {
  const auto rows = static_cast<int64_t>(x.scales.size());
  const int64_t first = panel * kPanel, count = std::min(kPanel, weights.outputs - first);
  Tile tile{.panel = weights.packed.data() + first * x.pairs * 2,
            .scales = weights.scales.data() + first,
            .bias = weights.bias.data() + first,
            .pairs = x.pairs};
  Results results;
  for (int64_t top = 0; top < rows; top += kTile) {
    for (int64_t i = 0; i < kTile; ++i) {
      const int64_t row = std::min(top + i, rows - 1);
      tile.rows[static_cast<size_t>(i)] = x.values.data() + row * x.pairs * 2;
      tile.row_scales[static_cast<size_t>(i)] = x.scales[static_cast<size_t>(row)];
    }
    steps.multiply(tile, results);
    for (int64_t i = 0; i < std::min(kTile, rows - top); ++i) {
      std::memcpy(out + (top + i) * weights.outputs + first,
                  results[i],
                  static_cast<size_t>(count) * sizeof(float));
    }
  }
}

void run(const Steps& steps,
         const float* x,
         int64_t rows,
         const Int8Weights& weights,
         float* out,
         size_t threads) {
  Rounded rounded{.pairs = (weights.inputs + 1) / 2};
  rounded.values.resize(static_cast<size_t>(rows * rounded.pairs * 2));
  rounded.scales.resize(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    rounded.scales[static_cast<size_t>(row)] = steps.round_row(
        x + row * weights.inputs, weights.inputs, rounded.values.data() + row * rounded.pairs * 2);
  }
  const int64_t panels = (weights.outputs + kPanel - 1) / kPanel;
  const auto parts = static_cast<int64_t>(std::max<size_t>(threads, 1));
  parallel_for(
      static_cast<size_t>(parts),
      [&](size_t part) {
        const auto p = static_cast<int64_t>(part);
        for (int64_t panel = panels * p / parts; panel < panels * (p + 1) / parts; ++panel) {
          panel_of(steps, rounded, weights, panel, out);
        }
      },
      static_cast<size_t>(parts));
}

}  // namespace

float largest_integer(int64_t inputs) {
  return static_cast<float>(std::min<int64_t>(2047, (1LL << 31) / (127 * (inputs + 1))));
}

Int8Weights quantise(std::span<const float> weight, std::span<const float> bias, int64_t inputs) {
  const auto outputs = static_cast<int64_t>(weight.size()) / inputs;
  const int64_t pairs = (inputs + 1) / 2, panels = (outputs + kPanel - 1) / kPanel;
  Int8Weights out{.inputs = inputs, .outputs = outputs};
  out.packed.assign(static_cast<size_t>(panels * pairs * 2 * kPanel), 0);
  out.scales.assign(static_cast<size_t>(panels * kPanel), 0);
  out.bias.assign(static_cast<size_t>(panels * kPanel), 0);
  std::copy(bias.begin(), bias.end(), out.bias.begin());
  for (int64_t o = 0; o < outputs; ++o) {
    const auto row = weight.subspan(static_cast<size_t>(o * inputs), static_cast<size_t>(inputs));
    float largest = 1e-30F;
    for (const float value : row) largest = std::max(largest, std::abs(value));
    out.scales[static_cast<size_t>(o)] = largest / 127;
    int8_t* panel = out.packed.data() + o / kPanel * pairs * 2 * kPanel;
    for (int64_t i = 0; i < inputs; ++i) {
      panel[(i / 2 * kPanel + o % kPanel) * 2 + i % 2] =
          static_cast<int8_t>(std::nearbyint(row[static_cast<size_t>(i)] * (127 / largest)));
    }
  }
  return out;
}

void int8_linear(
    const float* x, int64_t rows, const Int8Weights& weights, float* out, size_t threads) {
  run(best_steps(), x, rows, weights, out, threads);
}

void int8_linear_plain(const float* x, int64_t rows, const Int8Weights& weights, float* out) {
  run({round_row_plain, multiply_plain}, x, rows, weights, out, 1);
}

}  // namespace troodon::engine
