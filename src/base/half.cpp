#include "base/half.hpp"

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

}  // namespace troodon
