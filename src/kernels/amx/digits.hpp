#pragma once

#include <cstdint>

#include "kernels/amx/products.hpp"

// Products of float32 by way of integers, twice as many of which fit into a tile. All numbers of a
// row get one scale and become integers of 24 bits, these three digits of base 256; eight of the
// nine products of such digits are summed, exactly. What is lost is lost by rounding the inputs:
// half of 2^-23 of a row's largest, which is less than a float32 sum loses unless the largest
// stands out (some channels of trained transformers do). Rows like that get a fourth digit.

namespace troodon::kernels {

/// Bytes of 16 rows in digits, most significant first: [inner][3][16][64], then [inner][16][64] for
/// fourth digits.
constexpr int64_t digit_bytes(int64_t inner) {
  return 4 * inner * kByteTile;
}

/// One tile of rows (from `first`, those behind the last are zero) as a left factor. scales [16]:
/// what one of the lowest digit's units is worth, NaN in rows with a number that is not finite.
/// Returns whether some row has fourth digits; without any they are not written.
bool round_rows(const Rows& x, int64_t first, int8_t* out, float* scales);

/// One tile of rows as a right factor whose outputs they are, three digits: [inner][3][16][16][4].
void round_outputs(const Rows& x, int64_t first, int8_t* out, float* scales);

/// 16 rows by 16 outputs: out[i * stride + j] = sum * (row_scales[i] * output_scales[j]).
struct DigitProduct {
  const int8_t* left;
  bool fourth;  ///< whether `left` has fourth digits
  const float* row_scales;
  const int8_t* right;
  const float* output_scales;
  int64_t inner;  ///< at most 682: sums are exact in 32 bits
  float* out;
  int64_t stride;
};
void multiply(const DigitProduct& p);

}  // namespace troodon::kernels
