#pragma once

#include <span>

#include "base/team.hpp"
#include "engine/engine.hpp"
#include "kernels/amx/products.hpp"

namespace troodon::engine {

using kernels::Lines;
using kernels::Planes;
using kernels::Rows;

/// The weights of a linear layer, ordered for tiles: float32 that are split when they are needed,
/// bfloat16, or 8-bit integers. Outputs are filled up to whole pairs of 16.
struct Matrix {
  int64_t inputs = 0, outputs = 0;
  int64_t inner = 0;   ///< tiles along the inputs
  int64_t panels = 0;  ///< of 16 outputs, an even number
  Precision precision = Precision::fp32;
  Lines<float> floats;  ///< fp32: [panel][inner][16 pairs][2][16]
  Planes halves;        ///< bf16: [panel][inner][16 pairs][16][2]
  Lines<int8_t> bytes;  ///< int8: [panel][inner][16 fours][16][4]
  Lines<float> scales;  ///< int8: what one is worth, of each output
  Lines<float> bias;    ///< zeros where there is none
};

/// weight [O,I] row-major; bias [O], or empty for none.
Matrix matrix_of(std::span<const float> weight,
                 std::span<const float> bias,
                 int64_t inputs,
                 Precision precision);

/// What becomes of x @ weight^T + bias.
enum class Then { store, gelu, add_to };

/// Memory that products need, kept from one to the next.
struct Scratch {
  struct Worker {
    Lines<uint16_t> right;
    Lines<float> block;
    Planes query, keys, values, weights;
    Lines<float> scores;
  };
  Planes left;
  Lines<int8_t> bytes;
  Lines<float> row_scales, sums;
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
