#include "engine/native/linear.hpp"

#include <algorithm>
#include <type_traits>

#include "engine/int8_linear.hpp"
#include "engine/native/rowwise.hpp"

namespace troodon::engine {

using namespace kernels;

namespace {

constexpr int64_t kMostRows = 544;  ///< at once
constexpr int64_t kPair = 2 * kTileFloats;

/// Where the product of rows from `top` and outputs from `column` goes.
struct Target {
  const Matrix& matrix;
  Then then;
  float* out;
  int64_t stride;

  void take(
      const float* sums, int64_t sums_stride, int64_t top, int64_t rows, int64_t column) const {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t from = column; from < std::min(column + kPair, matrix.outputs); from += 16) {
        const float* values = sums + row * sums_stride + (from - column);
        const float* bias = matrix.bias.data() + from;
        float* to = out + (top + row) * stride + from;
        const int64_t count = matrix.outputs - from;
        if (then == Then::store) add_bias(values, bias, count, to);
        if (then == Then::gelu) {
          const bool exact = matrix.precision == Precision::fp32;
          (exact ? add_bias_gelu : add_bias_rough_gelu)(values, bias, count, to);
        }
        if (then == Then::add_to) add_bias_residual(values, bias, count, to);
      }
    }
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

/// The same part of the next two panels.
Ahead ahead_of(const Matrix& m, int64_t pair, int64_t first, int64_t count) {
  const int64_t panel = 2 * pair + 2;
  if (panel >= m.panels) return {};
  const auto at = [&](const auto* values, int64_t tile_values) {
    using Value = std::remove_reference_t<decltype(*values)>;
    const auto* from = values + (panel * m.inner + first) * tile_values;
    return Ahead{reinterpret_cast<const char*>(from),
                 reinterpret_cast<const char*>(from + m.inner * tile_values),
                 count * tile_values * static_cast<int64_t>(sizeof(Value))};
  };
  if (m.precision == Precision::fp32) return at(m.floats.data(), Planes::kValues);
  if (m.precision == Precision::bf16) return at(m.halves.values.data(), Planes::kValues);
  return at(m.bytes.data(), kTileRows * kTileBytes);
}

/// Inner tiles `first` to `first + count` of two panels as right factors.
struct Right {
  const uint16_t *b0, *b1;
};

Right right_of(const Matrix& m, int64_t pair, int64_t first, int64_t count, Scratch::Worker& own) {
  const int64_t panel = 2 * pair;
  if (m.precision == Precision::bf16) {
    return {m.halves.tile(panel) + first * Planes::kValues,
            m.halves.tile(panel + 1) + first * Planes::kValues};
  }
  uint16_t* planes = own.right.room(static_cast<size_t>(2 * count * 3 * Planes::kValues));
  uint16_t* second = planes + count * 3 * Planes::kValues;
  const float* floats = m.floats.data() + (panel * m.inner + first) * Planes::kValues;
  split_ordered(floats, count, 3, planes);
  split_ordered(floats + m.inner * Planes::kValues, count, 3, second);
  return {planes, second};
}

/// How much is multiplied at once, so that it stays in the second cache: 1.3 MB of left planes, and
/// where sums must wait for the next inputs, they too.
struct Block {
  int64_t rows, inner;
};

Block block_of(const Matrix& m) {
  constexpr int64_t kChunk = 12, kLongest = 48, kFewOutputs = 384;
  if (m.precision == Precision::int8) return {kMostRows, m.inner};
  if (m.inner <= kChunk) return {kMostRows, m.inner};
  // All inputs at once: fewer rows, but no sums that wait.
  if (m.inner <= kLongest && m.outputs > kFewOutputs) {
    return {std::max(kPair, kMostRows * kChunk / m.inner / kPair * kPair), m.inner};
  }
  return {m.outputs > kFewOutputs ? kMostRows / 2 : kMostRows, kChunk};
}

/// Some rows, all outputs, by planes of bfloat16.
void multiply_rows(const Rows& x, int64_t top, const Target& target, Scratch& scratch, Team& team) {
  const Matrix& m = target.matrix;
  const Block most = block_of(m);
  const int64_t rows = std::min(most.rows, x.count - top), tiles = tiles_for(rows, kTileRows);
  const int planes = m.precision == Precision::fp32 ? 3 : 1;
  const bool once = m.inner <= most.inner;
  const int64_t width = once ? kPair : m.panels * kTileFloats;
  float* sums =
      once ? nullptr : scratch.sums.room(static_cast<size_t>(most.rows * m.panels * kTileFloats));
  for (int64_t first = 0; first < m.inner; first += most.inner) {
    const int64_t inner = std::min(most.inner, m.inner - first);
    const int64_t input = first * kTileInner;
    const Rows cut{x.data + top * x.stride + input,
                   rows,
                   std::min(x.columns - input, inner * kTileInner),
                   x.stride};
    Planes& left = scratch.left;
    left.count = planes, left.inner = inner;
    left.room(tiles);
    team.run(static_cast<size_t>(tiles), [&](size_t i, size_t) {
      const auto tile = static_cast<int64_t>(i);
      split_rows(cut, tile * kTileRows, 1, planes, left.tile(tile));
    });
    team.run(static_cast<size_t>(m.panels / 2), [&](size_t i, size_t worker) {
      const TileRegisters registers;
      Scratch::Worker& own = scratch.workers[worker];
      const auto pair = static_cast<int64_t>(i);
      const Right right = right_of(m, pair, first, inner, own);
      const Ahead ahead = ahead_of(m, pair, first, inner);
      for (int64_t tile = 0; tile < tiles; tile += 2) {
        ahead.fetch(tile / 2, tiles_for(tiles, 2));
        const bool two = tile + 1 < tiles;
        float* block =
            once ? own.block.room(kPair * kPair) : sums + tile * kTileRows * width + pair * kPair;
        multiply({left.tile(tile),
                  two ? left.tile(tile + 1) : nullptr,
                  right.b0,
                  right.b1,
                  inner,
                  planes,
                  first > 0,
                  block,
                  width});
        if (first + inner < m.inner) continue;
        const int64_t last = std::min(rows - tile * kTileRows, two ? kPair : kTileRows);
        target.take(block, width, top + tile * kTileRows, last, pair * kPair);
      }
    });
  }
}

/// The same by integers.
void multiply_rounded(
    const Rows& x, int64_t top, const Target& target, Scratch& scratch, Team& team) {
  const Matrix& m = target.matrix;
  const int64_t rows = std::min(kMostRows, x.count - top), tiles = tiles_for(rows, kTileRows);
  const int64_t tile_bytes = 2 * m.inner * kTileRows * kTileBytes;
  int8_t* bytes = scratch.bytes.room(static_cast<size_t>(tiles * tile_bytes));
  float* row_scales = scratch.row_scales.room(kMostRows);
  team.run(static_cast<size_t>(tiles), [&](size_t i, size_t) {
    // Rows behind the last stay as they are: nobody reads what comes of them.
    const int64_t from = static_cast<int64_t>(i) * kTileRows;
    for (int64_t row = from; row < std::min(rows, from + kTileRows); ++row) {
      int8_t* to = bytes + static_cast<int64_t>(i) * tile_bytes + (row - from) * kTileBytes;
      row_scales[row] = round_row(x.data + (top + row) * x.stride, x.columns, m.inner, to);
    }
  });
  team.run(static_cast<size_t>(m.panels / 2), [&](size_t i, size_t worker) {
    const TileRegisters registers;
    const auto pair = static_cast<int64_t>(i);
    const int8_t* left = m.bytes.data() + 2 * pair * m.inner * kTileRows * kTileBytes;
    const int8_t* right = left + m.inner * kTileRows * kTileBytes;
    float* block = scratch.workers[worker].block.room(kPair * kPair);
    alignas(64) int32_t sums[kTileRows * kPair];
    const Ahead ahead = ahead_of(m, pair, 0, m.inner);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      ahead.fetch(tile, tiles);
      multiply_integers(bytes + tile * tile_bytes, left, right, m.inner, sums);
      const int64_t last = std::min(rows - tile * kTileRows, kTileRows);
      for (int64_t row = 0; row < last; ++row) {
        for (int64_t half = 0; half < 2; ++half) {
          scale_sums(sums + row * kPair + half * 16,
                     row_scales[tile * kTileRows + row],
                     m.scales.data() + pair * kPair + half * 16,
                     block + row * kPair + half * 16);
        }
      }
      target.take(block, kPair, top + tile * kTileRows, last, pair * kPair);
    }
  });
}

}  // namespace

Matrix matrix_of(std::span<const float> weight,
                 std::span<const float> bias,
                 int64_t inputs,
                 Precision precision) {
  const auto outputs = static_cast<int64_t>(weight.size()) / inputs;
  const bool integers = precision == Precision::int8;
  Matrix m{.inputs = inputs,
           .outputs = outputs,
           .inner = tiles_for(inputs, integers ? kTileBytes : kTileInner),
           .panels = 2 * tiles_for(outputs, kPair),
           .precision = precision};
  const auto padded = static_cast<size_t>(m.panels * kTileFloats);
  std::fill_n(m.bias.room(padded), padded, 0.0F);
  std::copy(bias.begin(), bias.end(), m.bias.data());
  if (integers) {
    const Int8Weights rounded = quantise(weight, {}, inputs);
    std::fill_n(m.scales.room(padded), padded, 0.0F);
    std::copy_n(rounded.scales.data(), outputs, m.scales.data());
    const auto size = static_cast<size_t>(m.panels * m.inner * kTileRows * kTileBytes);
    std::fill_n(m.bytes.room(size), size, int8_t{0});
    const int64_t pairs = (inputs + 1) / 2;
    for (int64_t o = 0; o < outputs; ++o) {
      for (int64_t i = 0; i < inputs; ++i) {
        const int64_t four = i / 4, at = (o / 16 * m.inner * 16 + four) * 64 + o % 16 * 4 + i % 4;
        m.bytes.data()[at] =
            rounded
                .packed[static_cast<size_t>(((o / 16 * pairs + i / 2) * 16 + o % 16) * 2 + i % 2)];
      }
    }
    return m;
  }
  const auto size = static_cast<size_t>(m.panels * m.inner * Planes::kValues);
  Lines<float> own;
  float* floats = (precision == Precision::fp32 ? m.floats : own).room(size);
  std::fill_n(floats, size, 0.0F);
  for (int64_t o = 0; o < outputs; ++o) {
    const float* from = weight.data() + o * inputs;
    float* panel = floats + o / 16 * m.inner * Planes::kValues + o % 16;
    for (int64_t i = 0; i < inputs; ++i) {
      const int64_t place = i % kTileInner, pair = i / kTileInner * kTileRows + place % 16;
      panel[pair * kTileInner + place / 16 * 16] = from[i];
    }
  }
  if (precision == Precision::bf16) {
    m.halves.count = 1, m.halves.inner = m.inner;
    split_ordered(floats, m.panels * m.inner, 1, m.halves.room(m.panels));
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
  const Target target{matrix, then, out, out_stride};
  scratch.workers.resize(std::max(scratch.workers.size(), team.size()));
  for (int64_t top = 0; top < x.count; top += block_of(matrix).rows) {
    matrix.precision == Precision::int8 ? multiply_rounded(x, top, target, scratch, team)
                                        : multiply_rows(x, top, target, scratch, team);
  }
}

}  // namespace troodon::engine
