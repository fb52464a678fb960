#pragma once

#include <cstdint>

#include "base/tiles.hpp"

// Products of matrices on tiles. A float32 is the sum of three bfloat16 to its last bit or so:
// x = h + m + l, 8 of 24 bits each. Six of the nine products of two such sums hold all that float32
// would keep (h*h, h*m, m*h, m*m, h*l, l*h), and six on tiles are faster than one in vectors of
// float32.

namespace troodon::kernels {

/// Numbers as one plane (bfloat16) or three (h, m, l), cut into tiles of 1 KiB:
/// [tile][inner tile][plane][16][32]. Of a left factor a tile is 16 rows x 32 inputs; of a right
/// factor 16 pairs of inputs x 16 outputs x 2. Inputs stand in the order that is cheapest to make:
/// 0, 16, 1, 17, ... 15, 31.
struct Planes {
  int count = 3;      ///< planes, 1 or 3
  int64_t inner = 0;  ///< tiles along the inputs
  Lines<uint16_t> values;

  uint16_t* room(int64_t tiles) {
    return values.room(static_cast<size_t>(tiles * inner * count) * kValues);
  }
  const uint16_t* tile(int64_t i) const { return values.data() + i * inner * count * kValues; }
  uint16_t* tile(int64_t i) { return values.data() + i * inner * count * kValues; }

  static constexpr int64_t kValues = kTileRows * kTileInner;
};

/// Rows of floats, `stride` apart.
struct Rows {
  const float* data;
  int64_t count, columns, stride;
};

/// One tile of rows (from `first`, those behind the last are zero), times `factor`, as a left
/// factor: out [inner][planes][16][32].
void split_rows(const Rows& x, int64_t first, float factor, int planes, uint16_t* out);

/// One tile of rows as a right factor whose outputs they are: 16 outputs x all columns.
void split_outputs(const Rows& x, int64_t first, int planes, uint16_t* out);

/// 16 columns (from `first`) of all rows as a right factor whose inputs are the rows.
void split_inputs(const Rows& x, int64_t first, int planes, uint16_t* out);

/// 16 columns (from `first`) of all rows as a left factor whose inputs are the rows.
void split_columns(const Rows& x, int64_t first, int planes, uint16_t* out);

/// Changes rows and columns of tiles of 16 x 16 words (of 4 bytes).
void turn_tiles(void* tiles, int64_t count);

/// What a product of tiles reads and writes: left tiles a0 and a1 (16 rows each), right tiles b0
/// and b1 (16 outputs each). out [32,32] or, without a1, [16,32], rows `stride` floats apart.
struct TileProduct {
  const uint16_t *a0, *a1, *b0, *b1;
  int64_t inner;
  int planes;
  bool add;  ///< to what is in out
  float* out;
  int64_t stride;
};
void multiply(const TileProduct& p);

/// 16 rows of 12-bit integers as bytes, q = 64 * high + low: [inner][2][16][64] (high, then low),
/// by 8-bit weights [inner][16][16][4] of two panels of 16 outputs. Sums are exact;
/// out [16,32] = sum * (row_scales [16] * output_scales [32]).
struct IntegerProduct {
  const int8_t* rows;
  const float* row_scales;
  const int8_t *b0, *b1;
  const float* output_scales;
  int64_t inner;
  float* out;
};
void multiply(const IntegerProduct& p);

}  // namespace troodon::kernels
