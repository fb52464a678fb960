#include "kernels/amx/digits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/amx/split.hpp"

namespace troodon::kernels {
namespace {

// A little below 127 * 65536 + 127 * 256 + 127, the largest integer of three digits -128 to 127, so
// that no rounding passes it; and the same of four digits.
constexpr float kLargest24 = 8355000.0F, kLargest32 = kLargest24 * 256;
constexpr float kSmallestLargest = 1e-28F;  ///< of a row: kLargest32 divided by it is finite

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// The largest of a row and the mean, of absolute values.
struct Spread {
  float largest = kSmallestLargest, mean = 0;

  /// From here on 24 bits of the largest cost the others more than a float32 sum does.
  bool stands_out() const { return largest > 16 * mean && mean > 0; }
  bool finite() const { return std::isfinite(mean); }
};

TROODON_TILES Spread spread_of(const float* x, int64_t columns) {
  if (columns == 0) return {};
  const __m512 sign = _mm512_set1_ps(-0.0F);
  __m512 most = _mm512_setzero_ps(), sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < columns; i += 16) {
    const __m512 size = _mm512_andnot_ps(sign, _mm512_maskz_loadu_ps(first_of(columns - i), x + i));
    most = _mm512_max_ps(most, size);
    sum = _mm512_add_ps(sum, size);
  }
  return {std::max(_mm512_reduce_max_ps(most), kSmallestLargest),
          _mm512_reduce_add_ps(sum) / static_cast<float>(columns)};
}

/// The lowest 8 bits of 16 integers; what is left of them is for the next digit.
TROODON_TILES inline __m512i take_digit(__m512i integers, int8_t* out) {
  _mm_store_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtepi32_epi8(integers));
  return _mm512_srai_epi32(_mm512_add_epi32(integers, _mm512_set1_epi32(128)), 8);
}

/// Three digits of x * factor and, where there is room for one, a fourth below them; zeros behind
/// `columns`.
TROODON_TILES void digits_of(
    const float* x, int64_t columns, int64_t inner, float factor, int8_t* out, int8_t* fourth) {
  const __m512 factors = _mm512_set1_ps(factor);
  for (int64_t k = 0; k < inner; ++k, out += 3 * kByteTile) {
    for (int64_t part = 0; part < kTileBytes; part += 16) {
      const int64_t i = k * kTileBytes + part;
      const __m512 value = _mm512_maskz_loadu_ps(first_of(columns - i), x + i);
      __m512i integers = _mm512_cvtps_epi32(_mm512_mul_ps(value, factors));
      if (fourth != nullptr) integers = take_digit(integers, fourth + k * kByteTile + part);
      integers = take_digit(integers, out + 2 * kByteTile + part);
      integers = take_digit(integers, out + kByteTile + part);
      take_digit(integers, out + part);
    }
  }
}

}  // namespace

bool round_rows(const Rows& x, int64_t first, int8_t* out, float* scales) {
  const int64_t inner = tiles_for(x.columns, kTileBytes);
  const int64_t there = std::clamp<int64_t>(x.count - first, 0, kTileRows);
  Spread spreads[kTileRows] = {};
  bool any = false;
  for (int64_t row = 0; row < there; ++row) {
    spreads[row] = spread_of(x.data + (first + row) * x.stride, x.columns);
    any = any || spreads[row].stands_out();
  }
  for (int64_t row = 0; row < kTileRows; ++row) {
    const Spread& spread = spreads[row];
    const bool wide = spread.stands_out();
    int8_t* at = out + row * kTileBytes;
    int8_t* fourth = at + 3 * inner * kByteTile;
    digits_of(x.data + (first + row) * x.stride,
              row < there ? x.columns : 0,
              inner,
              (wide ? kLargest32 : kLargest24) / spread.largest,
              at,
              wide ? fourth : nullptr);
    for (int64_t k = 0; any && !wide && k < inner; ++k) {
      std::fill_n(fourth + k * kByteTile, kTileBytes, int8_t{0});
    }
    scales[row] = spread.finite() ? spread.largest / kLargest32 : kNan;
  }
  return any;
}

void round_outputs(const Rows& x, int64_t first, int8_t* out, float* scales) {
  const int64_t inner = tiles_for(x.columns, kTileBytes);
  for (int64_t row = 0; row < kTileRows; ++row) {
    const bool there = first + row < x.count;
    const float* from = x.data + (first + row) * x.stride;
    const int64_t columns = there ? x.columns : 0;
    const Spread spread = spread_of(from, columns);
    digits_of(from, columns, inner, kLargest24 / spread.largest, out + row * kTileBytes, nullptr);
    // In multiply() the lowest sums count 2^16: digits of the left count from 2^24 on down to 1, of
    // the right from 2^16.
    scales[row] = spread.finite() ? spread.largest / kLargest24 * 65536 : kNan;
  }
  turn_tiles(out, 3 * inner);
}

namespace {

/// 16 x 16 sums of products of digits: tile 0 of the highest, each next counts a 256th.
template <bool fourth>
TROODON_TILES inline void add_products(const DigitProduct& p) {
  const int8_t *left = p.left, *lowest = p.left + 3 * p.inner * kByteTile, *right = p.right;
  for (int64_t k = 0; k < p.inner; ++k, left += 3 * kByteTile, right += 3 * kByteTile) {
    _tile_loadd(7, right, 64);
    if constexpr (fourth) {
      _tile_loadd(4, lowest + k * kByteTile, 64);
      _tile_dpbssd(3, 4, 7);
    }
    _tile_loadd(4, left, 64);
    _tile_loadd(5, left + kByteTile, 64);
    _tile_loadd(6, left + 2 * kByteTile, 64);
    _tile_dpbssd(0, 4, 7);
    _tile_dpbssd(1, 5, 7);
    _tile_dpbssd(2, 6, 7);
    _tile_loadd(7, right + kByteTile, 64);
    _tile_dpbssd(3, 6, 7);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 7);
    _tile_loadd(7, right + 2 * kByteTile, 64);
    _tile_dpbssd(3, 5, 7);
    _tile_dpbssd(2, 4, 7);
  }
}

TROODON_TILES inline __m512 floats_of(const int32_t* sums) {
  return _mm512_cvtepi32_ps(_mm512_load_si512(sums));
}

}  // namespace

TROODON_TILES void multiply(const DigitProduct& p) {
  memory_is_seen();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  p.fourth ? add_products<true>(p) : add_products<false>(p);
  alignas(64) int32_t sums[4][kTileRows * kTileFloats];
  _tile_stored(0, sums[0], 64);
  _tile_stored(1, sums[1], 64);
  _tile_stored(2, sums[2], 64);
  _tile_stored(3, sums[3], 64);
  memory_is_seen(sums);
  const __m512 base = _mm512_set1_ps(256), output_scales = _mm512_loadu_ps(p.output_scales);
  for (int64_t row = 0; row < kTileRows; ++row) {
    __m512 value = _mm512_fmadd_ps(
        floats_of(sums[0] + row * kTileFloats), base, floats_of(sums[1] + row * kTileFloats));
    value = _mm512_fmadd_ps(value, base, floats_of(sums[2] + row * kTileFloats));
    value = _mm512_fmadd_ps(value, base, floats_of(sums[3] + row * kTileFloats));
    const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(p.row_scales[row]), output_scales);
    _mm512_storeu_ps(p.out + row * p.stride, _mm512_mul_ps(value, scale));
  }
}

}  // namespace troodon::kernels
