#pragma once

#include <immintrin.h>

#include "kernels/amx/products.hpp"

// Float32 as bfloat16 in vectors, for kernels that write Planes.

namespace troodon::kernels {

/// The upper halves of two rows of 16 words, by turns: low0, high0, low1, high1 ...
TROODON_TILES inline __m512i interleave(__m512i low, __m512i high) {
  constexpr int kFirstOrSecondAndThird = 0xF8;
  return _mm512_ternarylogic_epi32(_mm512_srli_epi32(low, 16),
                                   high,
                                   _mm512_set1_epi32(static_cast<int32_t>(0xFFFF0000)),
                                   kFirstOrSecondAndThird);
}

TROODON_TILES inline __m512i bits(__m512 x) {
  return _mm512_castps_si512(x);
}

/// What bfloat16 keeps of x when it is cut off.
TROODON_TILES inline __m512 cut(__m512 x) {
  return _mm512_castsi512_ps(
      _mm512_and_si512(bits(x), _mm512_set1_epi32(static_cast<int32_t>(0xFFFF0000))));
}

/// x as the nearest bfloat16 (ties to even) in the upper half of its word.
TROODON_TILES inline __m512i nearest(__m512 x) {
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits(x), 16), _mm512_set1_epi32(1));
  return _mm512_add_epi32(bits(x), _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
}

/// 16 low and 16 high floats as one row of bfloat16, or as three: 8 of 24 bits each, none lost.
/// `out` is where the first goes; the others follow a tile apart.
template <int planes>
TROODON_TILES inline void split(__m512 low, __m512 high, uint16_t* out) {
  if constexpr (planes == 1) {
    _mm512_store_si512(out, interleave(nearest(low), nearest(high)));
    return;
  }
  _mm512_store_si512(out, interleave(bits(low), bits(high)));
  low = _mm512_sub_ps(low, cut(low)), high = _mm512_sub_ps(high, cut(high));
  _mm512_store_si512(out + Planes::kValues, interleave(bits(low), bits(high)));
  low = _mm512_sub_ps(low, cut(low)), high = _mm512_sub_ps(high, cut(high));
  _mm512_store_si512(out + 2 * Planes::kValues, interleave(bits(low), bits(high)));
}

}  // namespace troodon::kernels
