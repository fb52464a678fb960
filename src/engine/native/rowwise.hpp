#pragma once

#include <cstdint>

// What a transformer does besides products of matrices, in vectors of 16 floats (AVX-512).

namespace troodon::engine {

/// (x - mean) / sqrt(variance + 1e-6) * gain + bias of each row. x, out [rows,width].
void layer_norm(
    const float* x, int64_t rows, int64_t width, const float* gain, const float* bias, float* out);

/// exp(x - largest) in place, zeros behind `width` up to `padded`; returns their sum.
float exp_row(float* x, int64_t width, int64_t padded);
/// The same to 3e-6 of each, for weights that become bfloat16 next; nearly twice as fast.
float rough_exp_row(float* x, int64_t width, int64_t padded);

/// out = (sums + bias): 16 columns of a product's row, the first `count` of them kept.
void add_bias(const float* sums, const float* bias, int64_t count, float* out);
/// out = gelu(sums + bias), by the error function to 1.5e-7 (Abramowitz and Stegun 7.1.26).
void add_bias_gelu(const float* sums, const float* bias, int64_t count, float* out);
/// The same to 7e-5 and 2e-5 of the number, for numbers that are rounded next.
void add_bias_rough_gelu(const float* sums, const float* bias, int64_t count, float* out);
/// out += sums + bias
void add_bias_residual(const float* sums, const float* bias, int64_t count, float* out);
/// sums * (row_scale * scales) + bias -> sums: exact sums of integers as floats, rounded as
/// int8_linear() rounds them.
void scale_sums(const int32_t* sums, float row_scale, const float* scales, float* out);

/// out = silu(a) * b
void swiglu(const float* a, const float* b, int64_t width, float* out);

/// out = x * factor; out is `width` floats.
void scale_row(const float* x, float factor, int64_t width, float* out);

/// One row as 12-bit integers in bytes (see multiply_integers): out points at the row within its
/// tile, inner tiles are `step` bytes apart. Returns what one is worth.
float round_row(const float* x, int64_t inputs, int64_t inner, int8_t* out);

}  // namespace troodon::engine
