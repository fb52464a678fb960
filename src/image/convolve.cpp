#include "image/convolve.hpp"

#include <algorithm>
#include <cstring>

#include "image/vectorised.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace troodon::image {
namespace {

constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

inline uint8_t to_byte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

void convolve_row(const uint8_t* in, const Taps& taps, int width, uint8_t* out) {
  for (int x = 0; x < width; ++x, out += 3) {
    const uint8_t* pixel = in + static_cast<size_t>(taps.first[x]) * 3;
    const int32_t* weight = taps.weights.data() + static_cast<size_t>(x) * taps.stride;
    int32_t r = kHalf, g = kHalf, b = kHalf;
    for (int t = 0; t < taps.count[x]; ++t, pixel += 3) {
      r += weight[t] * pixel[0];
      g += weight[t] * pixel[1];
      b += weight[t] * pixel[2];
    }
    out[0] = to_byte(r), out[1] = to_byte(g), out[2] = to_byte(b);
  }
}

#if defined(__x86_64__)
constexpr int kGroup = 4;                // pixels per vector step
constexpr int kLowBits = 15;             // a weight is high * 2^15 + low, both 16-bit factors
constexpr size_t kLoad = 16;             // bytes read for a group of 12
constexpr size_t kOverrun = kLoad + 12;  // bytes past a row that a partial group may touch

/// One group's weights in the order of the shuffled pixels: w0 w1 three times, then w2 w3.
struct WeightGroup {
  alignas(32) int16_t low[16];
  alignas(32) int16_t high[16];
};

struct GroupedTaps {
  std::vector<WeightGroup> groups;
  std::vector<int> last;  ///< one past the last group of each output

  GroupedTaps(const Taps& taps, int width) : last(width) {
    groups.reserve(static_cast<size_t>(width) * ((taps.stride + kGroup - 1) / kGroup));
    for (int x = 0; x < width; ++x) {
      const int32_t* weights = taps.weights.data() + static_cast<size_t>(x) * taps.stride;
      for (int t = 0; t < taps.count[x]; t += kGroup) add(weights + t, taps.count[x] - t);
      last[x] = static_cast<int>(groups.size());
    }
  }

 private:
  void add(const int32_t* weights, int count) {
    WeightGroup group{};
    for (int t = 0; t < std::min(count, kGroup); ++t) {
      for (int channel = 0; channel < 3; ++channel) {
        const int lane = t / 2 * 8 + channel * 2 + t % 2;
        group.low[lane] = static_cast<int16_t>(weights[t] & ((1 << kLowBits) - 1));
        group.high[lane] = static_cast<int16_t>(weights[t] >> kLowBits);
      }
    }
    groups.push_back(group);
  }
};

/// Integer sums are exact in any order, so this equals convolve_row bit for bit. Reads up to
/// kOverrun bytes past the row and writes one byte past `out`.
__attribute__((target("avx2"))) void convolve_row_avx2(const uint8_t* in,
                                                       const int* first,
                                                       const GroupedTaps& taps,
                                                       uint8_t* out) {
  // Bytes of four RGB pixels -> 16-bit pairs (r0 r1 g0 g1 b0 b1 - -), (r2 r3 g2 g3 b2 b3 - -).
  const __m256i spread = _mm256_setr_epi8(0,
                                          -1,
                                          3,
                                          -1,
                                          1,
                                          -1,
                                          4,
                                          -1,
                                          2,
                                          -1,
                                          5,
                                          -1,
                                          -1,
                                          -1,
                                          -1,
                                          -1,  //
                                          6,
                                          -1,
                                          9,
                                          -1,
                                          7,
                                          -1,
                                          10,
                                          -1,
                                          8,
                                          -1,
                                          11,
                                          -1,
                                          -1,
                                          -1,
                                          -1,
                                          -1);
  const WeightGroup* group = taps.groups.data();
  for (size_t x = 0; x < taps.last.size(); ++x, out += 3) {
    const WeightGroup* const end = taps.groups.data() + taps.last[x];
    const uint8_t* pixel = in + static_cast<size_t>(first[x]) * 3;
    __m256i low = _mm256_setzero_si256(), high = low;
    for (; group != end; ++group, pixel += 3 * kGroup) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixel));
      const __m256i pairs = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), spread);
      const __m256i low_weights = _mm256_load_si256(reinterpret_cast<const __m256i*>(group->low));
      const __m256i high_weights = _mm256_load_si256(reinterpret_cast<const __m256i*>(group->high));
      low = _mm256_add_epi32(low, _mm256_madd_epi16(pairs, low_weights));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(pairs, high_weights));
    }
    const __m256i both = _mm256_add_epi32(low, _mm256_slli_epi32(high, kLowBits));
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(kHalf)), kPrecisionBits);
    sum = _mm_packs_epi32(sum, sum);
    const int rgb = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
    std::memcpy(out, &rgb, 4);
  }
}

void convolve_rows_avx2(const PixelView& in, const Taps& taps, Image& out) {
  const GroupedTaps grouped(taps, out.width);
  const size_t row_bytes = static_cast<size_t>(in.width) * 3;
  const size_t out_bytes = static_cast<size_t>(out.width) * 3;
  std::vector<uint8_t> line(out_bytes + 1), padded;
  for (int y = 0; y < in.height; ++y) {
    const uint8_t* from = in.row(y);
    if (static_cast<size_t>(in.end - from) < row_bytes + kOverrun) {
      padded.resize(row_bytes + kOverrun);
      std::copy_n(from, row_bytes, padded.data());
      from = padded.data();
    }
    // Rows are written in order, so a byte past the end is overwritten, except after the last.
    const bool last = y + 1 == in.height;
    convolve_row_avx2(from, taps.first.data(), grouped, last ? line.data() : out.row(y));
    if (last) std::copy_n(line.data(), out_bytes, out.row(y));
  }
}
#endif

/// sums[i] += four rows, each times its weight.
void add_four(const uint8_t* const* rows, const int32_t* weights, size_t n, int32_t* sums) {
  const int32_t w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
  const uint8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  vectorised([=]() __attribute__((always_inline)) {
#pragma GCC ivdep
    for (size_t i = 0; i < n; ++i) sums[i] += w0 * a[i] + w1 * b[i] + w2 * c[i] + w3 * d[i];
  });
}

void round_to_bytes(const int32_t* sums, size_t n, uint8_t* bytes) {
  vectorised([=]() __attribute__((always_inline)) {
#pragma GCC ivdep
    for (size_t i = 0; i < n; ++i) {
      const int32_t value = sums[i] >> kPrecisionBits;
      bytes[i] = static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
    }
  });
}

}  // namespace

void convolve_rows(const PixelView& in, const Taps& taps, Image& out) {
#if defined(__x86_64__)
  if (has_avx2()) {
    convolve_rows_avx2(in, taps, out);
    return;
  }
#endif
  for (int y = 0; y < in.height; ++y) convolve_row(in.row(y), taps, out.width, out.row(y));
}

void convolve_columns(const PixelView& in, const Taps& taps, Image& out) {
  const size_t n = static_cast<size_t>(in.width) * 3;
  std::vector<int32_t> sums(n);
  for (int y = 0; y < out.height; ++y) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const int32_t* weights = taps.weights.data() + static_cast<size_t>(y) * taps.stride;
    for (int t = 0; t < taps.count[y]; t += 4) {
      const uint8_t* rows[4];
      int32_t w[4];
      for (int k = 0; k < 4; ++k) {  // absent rows count zero times
        const bool there = t + k < taps.count[y];
        rows[k] = in.row(taps.first[y] + (there ? t + k : t));
        w[k] = there ? weights[t + k] : 0;
      }
      add_four(rows, w, n, sums.data());
    }
    round_to_bytes(sums.data(), n, out.row(y));
  }
}

}  // namespace troodon::image
