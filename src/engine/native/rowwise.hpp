#pragma once

#include <cstdint>

// What a transformer does besides products of matrices, in vectors of 16 floats (AVX-512).

namespace troodon::engine {

/// (x - mean) / sqrt(variance + 1e-6) * gain + bias of each row. x, out [rows,width].
void layer_norm(
    const float* x, int64_t rows, int64_t width, const float* gain, const float* bias, float* out);

/// What becomes of x @ weight^T + bias.
enum class Then {
  store,
  gelu,        ///< by the error function to 1.5e-7 (Abramowitz and Stegun 7.1.26)
  rough_gelu,  ///< to 7e-5 and 2e-5 of the number, for numbers that are rounded next
  add_to,
};

/// Rows of 32 sums with their bias [32], the first `count` columns kept -> out, rows `stride`
/// floats apart.
void finish(Then then,
            const float* sums,
            int64_t rows,
            const float* bias,
            int64_t count,
            float* out,
            int64_t stride);

/// out = silu(a) * b
void swiglu(const float* a, const float* b, int64_t width, float* out);

/// out = x * factor; out is `width` floats.
void scale_row(const float* x, float factor, int64_t width, float* out);

/// One row as 12-bit integers in bytes (see IntegerProduct): out points at the row within its
/// tile, inner tiles are `step` bytes apart. Returns what one is worth.
float round_row(const float* x, int64_t inputs, int64_t inner, int8_t* out);

}  // namespace troodon::engine
