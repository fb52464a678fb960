#include "engine/native/attention.hpp"

#include <algorithm>
#include <cmath>

#include "engine/native/rowwise.hpp"
#include "engine/native/softmax.hpp"

namespace troodon::engine {

using namespace kernels;

namespace {

constexpr int64_t kPair = 2 * kTileFloats;

int64_t panels_for(int64_t outputs) {
  return 2 * tiles_for(outputs, kPair);
}

/// left (one or two tiles of rows) by all panels of `right` -> out, rows `stride` floats apart.
void multiply_panels(
    const Planes& left, bool two, const Planes& right, int64_t panels, float* out, int64_t stride) {
  for (int64_t panel = 0; panel < panels; panel += 2) {
    multiply({left.tile(0),
              two ? left.tile(1) : nullptr,
              right.tile(panel),
              right.tile(panel + 1),
              right.inner,
              right.count,
              /*add=*/false,
              out + panel * kTileFloats,
              stride});
  }
}

}  // namespace

void attend(const Rows& q,
            const Rows& k,
            const Rows& v,
            int planes,
            float* out,
            int64_t out_stride,
            Scratch::Worker& own) {
  const int64_t keys = k.count, width = q.columns;
  const int64_t key_panels = panels_for(keys), value_panels = panels_for(width);
  const int64_t scores_stride = key_panels * kTileFloats, mixed_stride = value_panels * kTileFloats;
  own.keys.count = own.values.count = own.query.count = own.weights.count = planes;
  own.keys.inner = own.query.inner = tiles_for(width, kTileInner);
  own.values.inner = own.weights.inner = tiles_for(keys, kTileInner);
  own.keys.room(key_panels);
  own.values.room(value_panels);
  own.weights.room(2);
  for (int64_t i = 0; i < key_panels; ++i) split_outputs(k, i * 16, planes, own.keys.tile(i));
  for (int64_t i = 0; i < value_panels; ++i) split_inputs(v, i * 16, planes, own.values.tile(i));
  float* scores = own.scores.room(static_cast<size_t>(kPair * scores_stride));
  float* mixed = own.block.room(static_cast<size_t>(kPair * std::max(kPair, mixed_stride)));
  const float factor = 1 / std::sqrt(static_cast<float>(width));
  for (int64_t top = 0; top < q.count; top += kPair) {
    const int64_t rows = std::min(kPair, q.count - top);
    const bool two = rows > kTileRows;
    own.query.room(2);
    for (int64_t i = 0; i < (two ? 2 : 1); ++i) {
      split_rows(q, top + i * kTileRows, factor, planes, own.query.tile(i));
    }
    multiply_panels(own.query, two, own.keys, key_panels, scores, scores_stride);
    float sums[kPair];
    for (int64_t row = 0; row < rows; ++row) {
      uint16_t* weights = own.weights.tile(row / kTileRows) + row % kTileRows * kTileInner;
      sums[row] =
          softmax_row(scores + row * scores_stride, keys, planes, own.weights.inner, weights);
    }
    multiply_panels(own.weights, two, own.values, value_panels, mixed, mixed_stride);
    for (int64_t row = 0; row < rows; ++row) {
      scale_row(mixed + row * mixed_stride, 1 / sums[row], width, out + (top + row) * out_stride);
    }
  }
}

}  // namespace troodon::engine
