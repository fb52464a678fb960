#pragma once

#include <span>

#include "base/team.hpp"
#include "engine/engine.hpp"
#include "engine/native/rowwise.hpp"
#include "kernels/amx/products.hpp"

namespace troodon::engine {

using kernels::Planes;
using kernels::Rows;

/// The weights of a linear layer, ordered for tiles: float32 as integers of three digits, bfloat16,
/// or 8-bit integers. Outputs are filled up to whole pairs of 16.
struct Matrix {
  int64_t inputs = 0, outputs = 0;
  int64_t inner = 0;   ///< tiles along the inputs
  int64_t panels = 0;  ///< of 16 outputs, an even number
  Precision precision = Precision::fp32;
  Planes halves;        ///< bf16: [panel][inner][16 pairs][16][2]
  Lines<int8_t> bytes;  ///< fp32, int8: [panel][inner][3 or 1 digits][16 fours][16][4]
  Lines<float> scales;  ///< fp32, int8: what one is worth, of each output
  Lines<float> bias;    ///< zeros where there is none

  int64_t panel_bytes() const;
};

/// weight [O,I] row-major; bias [O], or empty for none.
Matrix matrix_of(std::span<const float> weight,
                 std::span<const float> bias,
                 int64_t inputs,
                 Precision precision);

/// Memory that products need, kept from one to the next.
struct Scratch {
  struct Worker {
    Lines<float> block;
    Planes query, keys, values, weights;
    Lines<float> scores;
  };
  Planes left;
  Lines<int8_t> bytes;
  Lines<float> row_scales;
  Lines<uint8_t> fourth;  ///< of tiles of rows: whether some have a fourth digit
  std::vector<Worker> workers;
};

/// out = x @ weight^T + bias, or what `then` says. x: rows of `inputs` floats; out: rows of
/// `outputs` floats, `out_stride` apart.
void linear(const Rows& x,
            const Matrix& matrix,
            Then then,
            float* out,
            int64_t out_stride,
            Scratch& scratch,
            Team& team);

}  // namespace troodon::engine
