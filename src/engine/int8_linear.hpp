#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troodon::engine {

/// A linear layer's weights in 8 bits: each output has its own scale, w = scale * q, |q| <= 127.
/// Packed for int8_linear: panels of 16 outputs, in them pairs of inputs, [O/16][I/2][16][2]; odd
/// ends are filled with zeros.
struct Int8Weights {
  int64_t inputs = 0, outputs = 0;
  std::vector<int8_t> packed;
  std::vector<float> scales, bias;  ///< one each an output, in whole panels
};

/// The largest integer that an activation becomes: 12 bits, or less where sums of `inputs` products
/// would leave 32.
float largest_integer(int64_t inputs);

/// weight [O,I] row-major; bias [O], or empty for none.
Int8Weights quantise(std::span<const float> weight, std::span<const float> bias, int64_t inputs);

/// out [rows,O] = x [rows,I] @ weight^T + bias by integer products: with AVX-512 VNNI or AVX2 where
/// the CPU has them, else by plain loops, to the same bits, for any number of threads. Each row of
/// x is rounded to integers of its own scale, as wide as exact 32-bit sums allow and at most 12
/// bits, so the error is nearly the weights' alone and nothing needs calibrating.
void int8_linear(
    const float* x, int64_t rows, const Int8Weights& weights, float* out, size_t threads = 1);

/// The same by plain loops on one thread: what int8_linear() is checked against.
void int8_linear_plain(const float* x, int64_t rows, const Int8Weights& weights, float* out);

}  // namespace troodon::engine
