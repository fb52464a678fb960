#include "kernels/amx/gemm.hpp"

#include <algorithm>

#include "kernels/amx/products.hpp"

namespace troodon::kernels {
namespace {

// What is multiplied at once stays in the second cache: 1.3 MB of left planes.
constexpr int64_t kBlockTiles = 34;  ///< of 16 rows
constexpr int64_t kChunk = 12;       ///< of 32 inputs
constexpr int64_t kPair = 2 * kTileFloats;
constexpr int kPlanes = 3;

/// Tile `number` of a factor, inputs first to first + count of it.
void split_left(
    const Factor& f, int64_t rows, int64_t number, int64_t first, int64_t count, uint16_t* out) {
  if (f.turned) {
    return split_columns(
        {f.data + first * f.stride, count, rows, f.stride}, number * kTileRows, kPlanes, out);
  }
  split_rows({f.data + first, rows, count, f.stride}, number * kTileRows, 1, kPlanes, out);
}

void split_right(
    const Factor& f, int64_t outputs, int64_t number, int64_t first, int64_t count, uint16_t* out) {
  if (f.turned) {
    return split_inputs(
        {f.data + first * f.stride, count, outputs, f.stride}, number * kTileRows, kPlanes, out);
  }
  split_outputs({f.data + first, outputs, count, f.stride}, number * kTileRows, kPlanes, out);
}

/// Where a block of the product goes: at once, or by way of a block of its own at the edges.
struct Out {
  float* data;
  int64_t stride, rows, outputs;

  void multiply_into(TileProduct product, int64_t row, int64_t output) const {
    const int64_t most = product.a1 == nullptr ? kTileRows : kPair;
    const int64_t height = std::min(most, rows - row), width = std::min(kPair, outputs - output);
    float* at = data + row * stride + output;
    if (height == most && width == kPair) {
      product.out = at, product.stride = stride;
      return multiply(product);
    }
    alignas(64) float block[kPair * kPair];
    const bool add = product.add;
    product.out = block, product.stride = kPair, product.add = false;
    multiply(product);
    for (int64_t i = 0; i < height; ++i) {
      for (int64_t j = 0; j < width; ++j) {
        at[i * stride + j] = block[i * kPair + j] + (add ? at[i * stride + j] : 0);
      }
    }
  }
};

}  // namespace

void tile_gemm(const GemmShape& shape,
               const Factor& left,
               const Factor& right,
               const float* bias,
               float* out,
               int64_t out_stride) {
  thread_local Lines<uint16_t> left_planes, right_planes;
  const TileRegisters registers;
  const Out target{out, out_stride, shape.rows, shape.outputs};
  if (bias != nullptr) {
    for (int64_t i = 0; i < shape.rows; ++i) std::copy_n(bias, shape.outputs, out + i * out_stride);
  }
  const int64_t row_tiles = tiles_for(shape.rows, kTileRows);
  for (int64_t top = 0; top < row_tiles; top += kBlockTiles) {
    const int64_t tiles = std::min(kBlockTiles, row_tiles - top);
    for (int64_t first = 0; first < shape.inner; first += kChunk * kTileInner) {
      const int64_t count = std::min(kChunk * kTileInner, shape.inner - first);
      const int64_t inner = tiles_for(count, kTileInner), size = inner * kPlanes * Planes::kValues;
      uint16_t* a = left_planes.room(static_cast<size_t>(tiles * size));
      uint16_t* b = right_planes.room(static_cast<size_t>(2 * size));
      for (int64_t i = 0; i < tiles; ++i) {
        split_left(left, shape.rows, top + i, first, count, a + i * size);
      }
      for (int64_t output = 0; output < shape.outputs; output += kPair) {
        split_right(right, shape.outputs, output / kTileRows, first, count, b);
        split_right(right, shape.outputs, output / kTileRows + 1, first, count, b + size);
        for (int64_t i = 0; i < tiles; i += 2) {
          target.multiply_into({.a0 = a + i * size,
                                .a1 = i + 1 < tiles ? a + (i + 1) * size : nullptr,
                                .b0 = b,
                                .b1 = b + size,
                                .inner = inner,
                                .planes = kPlanes,
                                .add = first > 0 || bias != nullptr,
                                .out = nullptr,
                                .stride = 0},
                               (top + i) * kTileRows,
                               output);
        }
      }
    }
  }
}

}  // namespace troodon::kernels
