#pragma once

#include <immintrin.h>
#include <initializer_list>

#include "base/tiles.hpp"

// exp of 16 floats (AVX-512).

namespace troodon::engine {

/// exp(x) for x <= 88 or so, to 2 units of the last place: 2^n * p(r), |r| <= ln 2 / 2.
TROODON_TILES inline __m512 exp16(__m512 x) {
  x = _mm512_max_ps(x, _mm512_set1_ps(-104.0F));
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504F)),
                                        _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693145752F), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(1.42860677e-6F), r);
  __m512 p = _mm512_set1_ps(1.0F / 5040);
  for (const float c : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) {
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
  }
  return _mm512_scalef_ps(p, n);
}

/// 2^x for x <= 0 to 3e-6 of it, for numbers that become bfloat16 next; nearly twice as fast.
TROODON_TILES inline __m512 rough_power16(__m512 x) {
  x = _mm512_max_ps(x, _mm512_set1_ps(-150.0F));
  const __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 f = _mm512_sub_ps(x, n);
  // 2^f on [-1/2, 1/2] by least squares of the relative error.
  __m512 p = _mm512_set1_ps(0.00956051F);
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.05591704F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.24024981F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.69312197F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.99999919F));
  return _mm512_scalef_ps(p, n);
}

}  // namespace troodon::engine
