#include "base/half.hpp"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <bit>
#include <cmath>

namespace troodon {

uint16_t to_half(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000;
  bits &= 0x7FFFFFFF;
  if (bits > 0x7F800000) return static_cast<uint16_t>(sign | 0x7E00);   // not a number
  if (bits >= 0x477FF000) return static_cast<uint16_t>(sign | 0x7C00);  // 65520 and beyond
  if (bits < 0x38800000) {
    // Below 2^-14: one half's step is 0.5's step in float, so the addition does the rounding.
    const uint32_t sum = std::bit_cast<uint32_t>(std::bit_cast<float>(bits) + 0.5F);
    return static_cast<uint16_t>(sign | (sum - 0x3F000000));
  }
  const uint32_t odd = bits >> 13 & 1;
  bits = bits - 0x38000000 + 0x0FFF + odd;  // exponent from bias 127 to 15; ties to even
  return static_cast<uint16_t>(sign | bits >> 13);
}

float from_half(uint16_t bits) {
  const int sign = bits >> 15, exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float size = exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
                     : exponent == 0
                         ? std::ldexp(static_cast<float>(fraction), -24)
                         : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return sign != 0 ? -size : size;
}

#ifdef __x86_64__
namespace {

__attribute__((target("avx,f16c"))) size_t convert_by_eights(std::span<const uint16_t> halves,
                                                             float* out) {
  size_t i = 0;
  for (; i + 8 <= halves.size(); i += 8) {
    const auto eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(halves.data() + i));
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(eight));
  }
  return i;
}

}  // namespace
#endif

void from_halves(std::span<const uint16_t> halves, float* out) {
  size_t done = 0;
#ifdef __x86_64__
  if (__builtin_cpu_supports("f16c")) done = convert_by_eights(halves, out);
#endif
  for (size_t i = done; i < halves.size(); ++i) out[i] = from_half(halves[i]);
}

}  // namespace troodon
