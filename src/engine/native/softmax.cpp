#include "engine/native/softmax.hpp"

#include <cmath>

#include "engine/native/exponential.hpp"
#include "kernels/amx/split.hpp"

namespace troodon::engine {

using namespace kernels;

namespace {

TROODON_TILES inline float largest_of(const float* x, int64_t width) {
  const __m512 least = _mm512_set1_ps(-INFINITY);
  __m512 most = least;
  for (int64_t i = 0; i < width; i += 16) {
    most = _mm512_max_ps(most, _mm512_mask_loadu_ps(least, first_of(width - i), x + i));
  }
  return _mm512_reduce_max_ps(most);
}

template <int planes>
TROODON_TILES float weights_of(const float* scores, int64_t width, int64_t inner, uint16_t* out) {
  constexpr float kLog2E = 1.44269504F;
  const float most = largest_of(scores, width);
  const __m512 log2_e = _mm512_set1_ps(kLog2E);
  const __m512 largest = _mm512_set1_ps(planes == 1 ? most * kLog2E : most);
  __m512 sum = _mm512_setzero_ps();
  const auto sixteen = [&](int64_t i) TROODON_TILES {
    const __mmask16 there = first_of(width - i);
    const __m512 x = _mm512_maskz_loadu_ps(there, scores + i);
    const __m512 value =
        _mm512_maskz_mov_ps(there,
                            planes == 1 ? rough_power16(_mm512_fmsub_ps(x, log2_e, largest))
                                        : exp16(_mm512_sub_ps(x, largest)));
    sum = _mm512_add_ps(sum, value);
    return value;
  };
  for (int64_t k = 0; k < inner; ++k, out += planes * Planes::kValues) {
    const __m512 low = sixteen(k * kTileInner), high = sixteen(k * kTileInner + 16);
    split<planes>(low, high, out);
  }
  return _mm512_reduce_add_ps(sum);
}

}  // namespace

float softmax_row(const float* scores, int64_t width, int planes, int64_t inner, uint16_t* out) {
  return planes == 1 ? weights_of<1>(scores, width, inner, out)
                     : weights_of<3>(scores, width, inner, out);
}

}  // namespace troodon::engine
