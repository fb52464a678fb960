#include "engine/native/linear.hpp"

#include <algorithm>

#include "engine/int8_linear.hpp"
#include "kernels/amx/digits.hpp"

namespace troodon::engine {

using namespace kernels;

namespace {

constexpr int64_t kMostRows = 544;  ///< at once
constexpr int64_t kPair = 2 * kTileFloats;

/// Where a product's rows go.
struct Target {
  const Matrix& matrix;
  Then then;
  float* out;
  int64_t stride;

  void take(const float* sums, int64_t first, int64_t rows, int64_t column) const {
    finish(then,
           sums,
           rows,
           matrix.bias.data() + column,
           matrix.outputs - column,
           out + first * stride + column,
           stride);
  }
};

/// The weights that come next, asked for in even parts while the present ones are multiplied.
struct Ahead {
  const char *first = nullptr, *second = nullptr;  ///< of two panels
  int64_t bytes = 0;                               ///< of each

  void fetch(int64_t part, int64_t parts) const {
    for (int64_t at = bytes * part / parts / 64 * 64; at < bytes * (part + 1) / parts; at += 64) {
      __builtin_prefetch(first + at, 0, 2);
      __builtin_prefetch(second + at, 0, 2);
    }
  }
};

Ahead ahead_of(const Matrix& m, int64_t pair) {
  const int64_t panel = 2 * pair + 2, bytes = m.panel_bytes();
  if (panel >= m.panels) return {};
  const char* from = m.precision == Precision::bf16
                         ? reinterpret_cast<const char*>(m.halves.tile(panel))
                         : reinterpret_cast<const char*>(m.bytes.data() + panel * bytes);
  return {from, from + bytes, bytes};
}

/// How many rows are multiplied at once, so that they stay in the second cache.
int64_t rows_at_once(const Matrix& m) {
  constexpr int64_t kCached = 1'280'000;
  return std::clamp(kCached / m.panel_bytes() * kTileRows / kPair * kPair, kPair, kMostRows);
}

/// Some rows, all outputs, in bfloat16.
void multiply_halves(const Rows& x, const Target& target, Scratch& scratch, Team& team) {
  const Matrix& m = target.matrix;
  const int64_t tiles = tiles_for(x.count, kTileRows);
  Planes& left = scratch.left;
  left.count = 1, left.inner = m.inner;
  left.room(tiles);
  team.run(static_cast<size_t>(tiles), [&](size_t i, size_t) {
    const auto tile = static_cast<int64_t>(i);
    split_rows(x, tile * kTileRows, 1, 1, left.tile(tile));
  });
  team.run(static_cast<size_t>(m.panels / 2), [&](size_t i, size_t worker) {
    const TileRegisters registers;
    const auto pair = static_cast<int64_t>(i);
    const Ahead ahead = ahead_of(m, pair);
    float* block = scratch.workers[worker].block.room(kPair * kPair);
    for (int64_t tile = 0; tile < tiles; tile += 2) {
      ahead.fetch(tile / 2, tiles_for(tiles, 2));
      const bool two = tile + 1 < tiles;
      multiply({left.tile(tile),
                two ? left.tile(tile + 1) : nullptr,
                m.halves.tile(2 * pair),
                m.halves.tile(2 * pair + 1),
                m.inner,
                /*planes=*/1,
                /*add=*/false,
                block,
                kPair});
      const int64_t row = tile * kTileRows;
      target.take(block, row, std::min(x.count - row, kPair), pair * kPair);
    }
  });
}

/// The same by integers: float32 in digits, or int8.
void multiply_integers(const Rows& x, const Target& target, Scratch& scratch, Team& team) {
  const Matrix& m = target.matrix;
  const bool exact = m.precision == Precision::fp32;
  const int64_t tiles = tiles_for(x.count, kTileRows);
  const int64_t tile_bytes = exact ? digit_bytes(m.inner) : 2 * m.inner * kByteTile;
  int8_t* bytes = scratch.bytes.room(static_cast<size_t>(tiles * tile_bytes));
  float* row_scales = scratch.row_scales.room(static_cast<size_t>(tiles * kTileRows));
  uint8_t* fourth = scratch.fourth.room(static_cast<size_t>(tiles));
  team.run(static_cast<size_t>(tiles), [&](size_t i, size_t) {
    const int64_t from = static_cast<int64_t>(i) * kTileRows;
    int8_t* to = bytes + static_cast<int64_t>(i) * tile_bytes;
    if (exact) {
      fourth[i] = round_rows(x, from, to, row_scales + from) ? 1 : 0;
      return;
    }
    // Rows behind the last stay as they are: nobody reads what comes of them.
    for (int64_t row = from; row < std::min(x.count, from + kTileRows); ++row) {
      int8_t* at = to + (row - from) * kTileBytes;
      row_scales[row] = round_row(x.data + row * x.stride, x.columns, m.inner, at);
    }
  });
  team.run(static_cast<size_t>(m.panels / 2), [&](size_t i, size_t worker) {
    const TileRegisters registers;
    const auto pair = static_cast<int64_t>(i);
    const int8_t* right = m.bytes.data() + 2 * pair * m.panel_bytes();
    const float* scales = m.scales.data() + pair * kPair;
    const Ahead ahead = ahead_of(m, pair);
    float* block = scratch.workers[worker].block.room(kPair * kPair);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      ahead.fetch(tile, tiles);
      const int8_t* left = bytes + tile * tile_bytes;
      const float* own_scales = row_scales + tile * kTileRows;
      const int64_t rows = std::min(x.count - tile * kTileRows, kTileRows);
      if (exact) {
        for (int64_t half = 0; half < 2; ++half) {
          multiply({left,
                    fourth[tile] != 0,
                    own_scales,
                    right + half * m.panel_bytes(),
                    scales + half * kTileFloats,
                    m.inner,
                    block + half * kTileFloats,
                    kPair});
        }
      } else {
        multiply({left, own_scales, right, right + m.panel_bytes(), scales, m.inner, block});
      }
      target.take(block, tile * kTileRows, rows, pair * kPair);
    }
  });
}

}  // namespace

int64_t Matrix::panel_bytes() const {
  return inner * kByteTile * (precision == Precision::fp32 ? 3 : 1);
}

Matrix matrix_of(std::span<const float> weight,
                 std::span<const float> bias,
                 int64_t inputs,
                 Precision precision) {
  const auto outputs = static_cast<int64_t>(weight.size()) / inputs;
  const bool halves = precision == Precision::bf16;
  Matrix m{.inputs = inputs,
           .outputs = outputs,
           .inner = tiles_for(inputs, halves ? kTileInner : kTileBytes),
           .panels = 2 * tiles_for(outputs, kPair),
           .precision = precision};
  const auto padded = static_cast<size_t>(m.panels * kTileFloats);
  std::fill_n(m.bias.room(padded), padded, 0.0F);
  std::copy(bias.begin(), bias.end(), m.bias.data());
  const Rows rows{weight.data(), outputs, inputs, inputs};
  if (halves) {
    m.halves.count = 1, m.halves.inner = m.inner;
    m.halves.room(m.panels);
    for (int64_t i = 0; i < m.panels; ++i) split_outputs(rows, i * 16, 1, m.halves.tile(i));
    return m;
  }
  float* scales = m.scales.room(padded);
  int8_t* bytes = m.bytes.room(static_cast<size_t>(m.panels * m.panel_bytes()));
  if (precision == Precision::fp32) {
    for (int64_t i = 0; i < m.panels; ++i) {
      round_outputs(rows, i * 16, bytes + i * m.panel_bytes(), scales + i * 16);
    }
    return m;
  }
  const Int8Weights rounded = quantise(weight, {}, inputs);
  std::fill_n(scales, padded, 0.0F);
  std::copy_n(rounded.scales.data(), outputs, scales);
  std::fill_n(bytes, m.panels * m.panel_bytes(), int8_t{0});
  const int64_t pairs = (inputs + 1) / 2;
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t i = 0; i < inputs; ++i) {
      const int64_t at = (o / 16 * m.inner * 16 + i / 4) * 64 + o % 16 * 4 + i % 4;
      bytes[at] =
          rounded.packed[static_cast<size_t>(((o / 16 * pairs + i / 2) * 16 + o % 16) * 2 + i % 2)];
    }
  }
  return m;
}

void linear(const Rows& x,
            const Matrix& matrix,
            Then then,
            float* out,
            int64_t out_stride,
            Scratch& scratch,
            Team& team) {
  if (then == Then::gelu && matrix.precision != Precision::fp32) then = Then::rough_gelu;
  scratch.workers.resize(std::max(scratch.workers.size(), team.size()));
  const int64_t most = rows_at_once(matrix);
  for (int64_t top = 0; top < x.count; top += most) {
    const Rows some{x.data + top * x.stride, std::min(most, x.count - top), x.columns, x.stride};
    const auto multiply_some =
        matrix.precision == Precision::bf16 ? multiply_halves : multiply_integers;
    multiply_some(some, {matrix, then, out + top * out_stride, out_stride}, scratch, team);
  }
}

}  // namespace troodon::engine
