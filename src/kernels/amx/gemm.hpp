#pragma once

#include <cstdint>

namespace troodon::kernels {

/// A factor of a product, rows of floats `stride` apart. Element (i, k), where k is what the
/// product sums over, lies at data[i * stride + k], or turned at data[k * stride + i].
struct Factor {
  const float* data;
  int64_t stride;
  bool turned = false;
};

struct GemmShape {
  int64_t rows, outputs, inner;
};

/// out [rows,outputs] = left (i: row) times right (i: output) + bias (or nullptr) [outputs], on
/// this thread: float32 products as six of bfloat16 on tiles (see products.hpp), sums in float32.
/// Only where has_tiles().
void tile_gemm(const GemmShape& shape,
               const Factor& left,
               const Factor& right,
               const float* bias,
               float* out,
               int64_t out_stride);

}  // namespace troodon::kernels
