#include "engine/native/rowwise.hpp"

#include <cmath>

#include "engine/int8_linear.hpp"
#include "engine/native/exponential.hpp"

namespace troodon::engine {
namespace {

/// erf by an odd polynomial on [-3.2, 3.2], least squares.
TROODON_TILES inline __m512 rough_gelu16(__m512 x) {
  const __m512 end = _mm512_set1_ps(3.2F);
  __m512 z = _mm512_mul_ps(x, _mm512_set1_ps(0.707106781F));
  z = _mm512_max_ps(_mm512_min_ps(z, end), _mm512_sub_ps(_mm512_setzero_ps(), end));
  const __m512 square = _mm512_mul_ps(z, z);
  __m512 p = _mm512_set1_ps(2.51773854e-8F);
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(-1.34906417e-6F));
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(3.16923090e-5F));
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(-4.33086443e-4F));
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(3.86726961e-3F));
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(-2.41205215e-2F));
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(1.09696303e-1F));
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(-3.74446047e-1F));
  p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(1.12811046F));
  const __m512 half = _mm512_mul_ps(x, _mm512_set1_ps(0.5F));
  return _mm512_fmadd_ps(half, _mm512_mul_ps(p, z), half);
}

TROODON_TILES inline __m512 gelu16(__m512 x) {
  const __m512 sign = _mm512_set1_ps(-0.0F);
  const __m512 z = _mm512_mul_ps(x, _mm512_set1_ps(0.707106781F));
  const __m512 size = _mm512_andnot_ps(sign, z);
  const __m512 one = _mm512_set1_ps(1.0F);
  const __m512 t = _mm512_div_ps(one, _mm512_fmadd_ps(size, _mm512_set1_ps(0.3275911F), one));
  __m512 p = _mm512_set1_ps(1.061405429F);
  for (const float c : {-1.453152027F, 1.421413741F, -0.284496736F, 0.254829592F}) {
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(c));
  }
  const __m512 tail = _mm512_mul_ps(
      _mm512_mul_ps(p, t), exp16(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_mul_ps(size, size))));
  // 1 + erf(z) is 2 - tail for z >= 0 and tail below: no difference of near numbers.
  const __mmask16 below = _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LT_OQ);
  const __m512 twice = _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(2.0F), tail), below, tail);
  return _mm512_mul_ps(_mm512_mul_ps(_mm512_set1_ps(0.5F), x), twice);
}

}  // namespace

TROODON_TILES void layer_norm(
    const float* x, int64_t rows, int64_t width, const float* gain, const float* bias, float* out) {
  const auto n = static_cast<float>(width);
  for (int64_t row = 0; row < rows; ++row, x += width, out += width) {
    __m512 sum = _mm512_setzero_ps();
    for (int64_t i = 0; i < width; i += 16) {
      sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(first_of(width - i), x + i));
    }
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / n);
    __m512 squares = _mm512_setzero_ps();
    for (int64_t i = 0; i < width; i += 16) {
      const __mmask16 there = first_of(width - i);
      const __m512 d = _mm512_maskz_sub_ps(there, _mm512_maskz_loadu_ps(there, x + i), mean);
      squares = _mm512_fmadd_ps(d, d, squares);
    }
    const __m512 factor =
        _mm512_set1_ps(1.0F / std::sqrt(_mm512_reduce_add_ps(squares) / n + 1e-6F));
    for (int64_t i = 0; i < width; i += 16) {
      const __mmask16 there = first_of(width - i);
      const __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(there, x + i), mean);
      const __m512 scaled =
          _mm512_mul_ps(_mm512_mul_ps(d, factor), _mm512_maskz_loadu_ps(there, gain + i));
      _mm512_mask_storeu_ps(
          out + i, there, _mm512_add_ps(scaled, _mm512_maskz_loadu_ps(there, bias + i)));
    }
  }
}

namespace {

template <Then then>
TROODON_TILES void finish_rows(
    const float* sums, int64_t rows, const float* bias, int64_t count, float* out, int64_t stride) {
  for (int64_t half = 0; half < 32; half += 16) {
    const __mmask16 there = first_of(count - half);
    const __m512 biases = _mm512_loadu_ps(bias + half);
    for (int64_t row = 0; row < rows; ++row) {
      __m512 value = _mm512_add_ps(_mm512_loadu_ps(sums + row * 32 + half), biases);
      float* to = out + row * stride + half;
      if constexpr (then == Then::gelu) value = gelu16(value);
      if constexpr (then == Then::rough_gelu) value = rough_gelu16(value);
      if constexpr (then == Then::add_to) {
        value = _mm512_add_ps(_mm512_maskz_loadu_ps(there, to), value);
      }
      _mm512_mask_storeu_ps(to, there, value);
    }
  }
}

}  // namespace

void finish(Then then,
            const float* sums,
            int64_t rows,
            const float* bias,
            int64_t count,
            float* out,
            int64_t stride) {
  const auto run = then == Then::store    ? finish_rows<Then::store>
                   : then == Then::gelu   ? finish_rows<Then::gelu>
                   : then == Then::add_to ? finish_rows<Then::add_to>
                                          : finish_rows<Then::rough_gelu>;
  run(sums, rows, bias, count, out, stride);
}

TROODON_TILES void swiglu(const float* a, const float* b, int64_t width, float* out) {
  const __m512 one = _mm512_set1_ps(1.0F);
  for (int64_t i = 0; i < width; i += 16) {
    const __mmask16 there = first_of(width - i);
    const __m512 x = _mm512_maskz_loadu_ps(there, a + i);
    const __m512 gate = _mm512_div_ps(
        x,
        _mm512_add_ps(
            one,
            exp16(_mm512_min_ps(_mm512_sub_ps(_mm512_setzero_ps(), x), _mm512_set1_ps(88.0F)))));
    _mm512_mask_storeu_ps(out + i, there, _mm512_mul_ps(gate, _mm512_maskz_loadu_ps(there, b + i)));
  }
}

TROODON_TILES void scale_row(const float* x, float factor, int64_t width, float* out) {
  for (int64_t i = 0; i < width; i += 16) {
    const __mmask16 there = first_of(width - i);
    _mm512_mask_storeu_ps(
        out + i, there, _mm512_mul_ps(_mm512_maskz_loadu_ps(there, x + i), _mm512_set1_ps(factor)));
  }
}

TROODON_TILES float round_row(const float* x, int64_t inputs, int64_t inner, int8_t* out) {
  const __m512 sign = _mm512_set1_ps(-0.0F);
  __m512 most = _mm512_set1_ps(1e-30F);
  for (int64_t i = 0; i < inputs; i += 16) {
    most = _mm512_max_ps(
        most, _mm512_andnot_ps(sign, _mm512_maskz_loadu_ps(first_of(inputs - i), x + i)));
  }
  const float largest = _mm512_reduce_max_ps(most), limit = largest_integer(inputs);
  const __m512 factor = _mm512_set1_ps(limit / largest);
  for (int64_t k = 0; k < inner; ++k) {
    for (int64_t part = 0; part < 4; ++part) {
      const int64_t i = k * kTileBytes + part * 16;
      const __m512 value = _mm512_maskz_loadu_ps(first_of(inputs - i), x + i);
      const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(value, factor));
      const __m512i high = _mm512_srai_epi32(whole, 6);
      const __m512i low = _mm512_and_si512(whole, _mm512_set1_epi32(63));
      int8_t* at = out + 2 * k * kByteTile + part * 16;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm512_cvtepi32_epi8(high));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + kByteTile), _mm512_cvtepi32_epi8(low));
    }
  }
  return largest / limit;
}

}  // namespace troodon::engine
