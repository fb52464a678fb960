#include "kernels/amx/products.hpp"

#include <immintrin.h>

#include "kernels/amx/split.hpp"

namespace troodon::kernels {
namespace {

template <int planes>
TROODON_TILES void rows_of(const Rows& x, int64_t first, float factor, uint16_t* out) {
  const int64_t inner = tiles_for(x.columns, kTileInner);
  const __m512 factors = _mm512_set1_ps(factor);
  for (int64_t row = 0; row < kTileRows; ++row) {
    const bool there = first + row < x.count;
    const float* from = x.data + (first + row) * x.stride;
    for (int64_t k = 0; k < inner; ++k) {
      const int64_t left = there ? x.columns - k * kTileInner : 0;
      const __m512 low = _mm512_maskz_loadu_ps(first_of(left), from + k * kTileInner);
      const __m512 high = _mm512_maskz_loadu_ps(first_of(left - 16), from + k * kTileInner + 16);
      split<planes>(_mm512_mul_ps(low, factors),
                    _mm512_mul_ps(high, factors),
                    out + k * planes * Planes::kValues + row * kTileInner);
    }
  }
}

template <int planes>
TROODON_TILES void inputs_of(const Rows& x, int64_t first, uint16_t* out) {
  const __mmask16 columns = first_of(x.columns - first);
  const int64_t inner = tiles_for(x.count, kTileInner);
  for (int64_t k = 0; k < inner; ++k) {
    for (int64_t pair = 0; pair < kTileRows; ++pair) {
      const int64_t row = k * kTileInner + pair, other = row + kTileRows;
      const float* from = x.data + first;
      split<planes>(_mm512_maskz_loadu_ps(row < x.count ? columns : 0, from + row * x.stride),
                    _mm512_maskz_loadu_ps(other < x.count ? columns : 0, from + other * x.stride),
                    out + k * planes * Planes::kValues + pair * kTileInner);
    }
  }
}

TROODON_TILES void turn(__m512i* tiles, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    __m512i* tile = tiles + i * kTileRows;
    __m512i a[16], b[16];
#pragma GCC unroll 16
    for (int j = 0; j < 16; ++j) a[j] = _mm512_load_si512(tile + j);
      // Words, then pairs of words change places within quarters; then the quarters themselves.
#pragma GCC unroll 8
    for (int j = 0; j < 16; j += 2) {
      b[j] = _mm512_unpacklo_epi32(a[j], a[j + 1]);
      b[j + 1] = _mm512_unpackhi_epi32(a[j], a[j + 1]);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 16; j += 4) {
      a[j] = _mm512_unpacklo_epi64(b[j], b[j + 2]);
      a[j + 1] = _mm512_unpackhi_epi64(b[j], b[j + 2]);
      a[j + 2] = _mm512_unpacklo_epi64(b[j + 1], b[j + 3]);
      a[j + 3] = _mm512_unpackhi_epi64(b[j + 1], b[j + 3]);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      b[j] = _mm512_shuffle_i32x4(a[j], a[j + 4], 0x88);
      b[j + 4] = _mm512_shuffle_i32x4(a[j], a[j + 4], 0xDD);
      b[j + 8] = _mm512_shuffle_i32x4(a[j + 8], a[j + 12], 0x88);
      b[j + 12] = _mm512_shuffle_i32x4(a[j + 8], a[j + 12], 0xDD);
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      a[j] = _mm512_shuffle_i32x4(b[j], b[j + 8], 0x88);
      a[j + 8] = _mm512_shuffle_i32x4(b[j], b[j + 8], 0xDD);
      a[j + 4] = _mm512_shuffle_i32x4(b[j + 4], b[j + 12], 0x88);
      a[j + 12] = _mm512_shuffle_i32x4(b[j + 4], b[j + 12], 0xDD);
    }
#pragma GCC unroll 16
    for (int j = 0; j < 16; ++j) _mm512_store_si512(tile + j, a[j]);
  }
}

}  // namespace

void turn_tiles(void* tiles, int64_t count) {
  turn(static_cast<__m512i*>(tiles), count);
}

void split_rows(const Rows& x, int64_t first, float factor, int planes, uint16_t* out) {
  planes == 1 ? rows_of<1>(x, first, factor, out) : rows_of<3>(x, first, factor, out);
}

void split_inputs(const Rows& x, int64_t first, int planes, uint16_t* out) {
  planes == 1 ? inputs_of<1>(x, first, out) : inputs_of<3>(x, first, out);
}

void split_outputs(const Rows& x, int64_t first, int planes, uint16_t* out) {
  split_rows(x, first, 1, planes, out);
  turn_tiles(out, tiles_for(x.columns, kTileInner) * planes);
}

void split_columns(const Rows& x, int64_t first, int planes, uint16_t* out) {
  split_inputs(x, first, planes, out);
  turn_tiles(out, tiles_for(x.count, kTileInner) * planes);
}

namespace {

// Tiles 0 to 3 hold sums, 4 and 5 left factors, 6 and 7 right ones. With one tile of rows, 2, 3 and
// 5 rest.

template <bool two>
TROODON_TILES inline void load_left(const uint16_t* a0, const uint16_t* a1, int64_t plane) {
  _tile_loadd(4, a0 + plane * Planes::kValues, 64);
  if constexpr (two) {
    _tile_loadd(5, a1 + plane * Planes::kValues, 64);
  }
}

TROODON_TILES inline void load_right(const uint16_t* b0, const uint16_t* b1, int64_t plane) {
  _tile_loadd(6, b0 + plane * Planes::kValues, 64);
  _tile_loadd(7, b1 + plane * Planes::kValues, 64);
}

template <bool two>
TROODON_TILES inline void add_products() {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  if constexpr (two) {
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
}

template <bool two>
TROODON_TILES void multiply_rows(const TileProduct& p) {
  memory_is_seen();
  const int64_t bytes = p.stride * static_cast<int64_t>(sizeof(float));
  float* below = p.out + kTileRows * p.stride;
  if (p.add) {
    _tile_loadd(0, p.out, bytes);
    _tile_loadd(1, p.out + 16, bytes);
    if constexpr (two) {
      _tile_loadd(2, below, bytes);
      _tile_loadd(3, below + 16, bytes);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const uint16_t *a0 = p.a0, *a1 = p.a1, *b0 = p.b0, *b1 = p.b1;
  const int64_t step = p.planes * Planes::kValues;
  for (int64_t k = 0; k < p.inner; ++k, a0 += step, b0 += step, b1 += step) {
    if (p.planes == 1) {
      load_left<two>(a0, a1, 0), load_right(b0, b1, 0), add_products<two>();
    } else {
      // h is plane 0, m 1, l 2; each next product changes one factor only.
      load_left<two>(a0, a1, 2), load_right(b0, b1, 0), add_products<two>();
      load_left<two>(a0, a1, 0), add_products<two>();
      load_right(b0, b1, 2), add_products<two>();
      load_right(b0, b1, 1), add_products<two>();
      load_left<two>(a0, a1, 1), add_products<two>();
      load_right(b0, b1, 0), add_products<two>();
    }
    if constexpr (two) a1 += step;
  }
  _tile_stored(0, p.out, bytes);
  _tile_stored(1, p.out + 16, bytes);
  if constexpr (two) {
    _tile_stored(2, below, bytes);
    _tile_stored(3, below + 16, bytes);
  }
  memory_is_seen();
}

}  // namespace

void multiply(const TileProduct& p) {
  p.a1 == nullptr ? multiply_rows<false>(p) : multiply_rows<true>(p);
}

TROODON_TILES void multiply(const IntegerProduct& p) {
  memory_is_seen();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t k = 0; k < p.inner; ++k) {
    _tile_loadd(4, p.rows + 2 * k * kByteTile, 64);
    _tile_loadd(5, p.rows + (2 * k + 1) * kByteTile, 64);
    _tile_loadd(6, p.b0 + k * kByteTile, 64);
    _tile_loadd(7, p.b1 + k * kByteTile, 64);
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  alignas(64) int32_t high[2][256], low[2][256];
  _tile_stored(0, high[0], 64);
  _tile_stored(1, high[1], 64);
  _tile_stored(2, low[0], 64);
  _tile_stored(3, low[1], 64);
  memory_is_seen(high), memory_is_seen(low);
  for (int64_t half = 0; half < 2; ++half) {
    const __m512 scales = _mm512_loadu_ps(p.output_scales + half * 16);
    for (int64_t row = 0; row < kTileRows; ++row) {
      const __m512i h = _mm512_load_si512(high[half] + row * 16);
      const __m512i l = _mm512_load_si512(low[half] + row * 16);
      const __m512 sum = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(h, 6), l));
      const __m512 scale = _mm512_mul_ps(_mm512_set1_ps(p.row_scales[row]), scales);
      _mm512_storeu_ps(p.out + row * 32 + half * 16, _mm512_mul_ps(sum, scale));
    }
  }
}

}  // namespace troodon::kernels
