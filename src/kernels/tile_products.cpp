#include "kernels/tile_products.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "base/tiles.hpp"
#include "kernels/amx/gemm.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;

/// The same factor from element i on.
Factor from(const Factor& f, int64_t i) {
  return {f.data + (f.turned ? i : i * f.stride), f.stride, f.turned};
}

/// Every thread takes rows of its own, or outputs where there are more of them.
void multiply(const GemmShape& shape,
              const Factor& left,
              const Factor& right,
              const float* bias,
              float* out) {
  constexpr int64_t kTile = 32;
  const int64_t stride = shape.outputs;
  const bool by_rows = shape.rows >= shape.outputs;
  const int64_t tiles = ((by_rows ? shape.rows : shape.outputs) + kTile - 1) / kTile;
  at::parallel_for(0, tiles, 1, [&](int64_t first, int64_t end) {
    const int64_t i = first * kTile;
    if (by_rows) {
      const GemmShape part{std::min(end * kTile, shape.rows) - i, shape.outputs, shape.inner};
      return tile_gemm(part, from(left, i), right, bias, out + i * stride, stride);
    }
    const GemmShape part{shape.rows, std::min(end * kTile, shape.outputs) - i, shape.inner};
    tile_gemm(part, left, from(right, i), bias == nullptr ? nullptr : bias + i, out + i, stride);
  });
}

const float* floats(const Tensor& tensor) {
  return tensor.const_data_ptr<float>();
}

}  // namespace

bool use_tiles(const Tensor& left, const Tensor& right, int64_t outputs) {
  constexpr int64_t kLeast = 1 << 18;  // products of numbers
  return left.is_cpu() && left.scalar_type() == at::kFloat && right.scalar_type() == at::kFloat &&
         left.numel() * outputs >= kLeast && at::globalContext().userEnabledMkldnn() && has_tiles();
}

Tensor tile_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor left = x.contiguous(), right = weight.contiguous();
  const Tensor add = bias.defined() ? bias.contiguous() : bias;
  const int64_t inner = weight.size(1), outputs = weight.size(0), rows = x.numel() / inner;
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = outputs;
  Tensor out = at::empty(shape, x.options());
  multiply({rows, outputs, inner},
           {floats(left), inner},
           {floats(right), inner},
           add.defined() ? floats(add) : nullptr,
           out.data_ptr<float>());
  return out;
}

Tensor tile_input_gradient(const Tensor& dy, const Tensor& weight) {
  const Tensor left = dy.contiguous(), right = weight.contiguous();
  const int64_t inner = weight.size(0), outputs = weight.size(1);
  Tensor out = at::empty({dy.size(0), outputs}, dy.options());
  multiply({dy.size(0), outputs, inner},
           {floats(left), inner},
           {floats(right), outputs, /*turned=*/true},
           nullptr,
           out.data_ptr<float>());
  return out;
}

Tensor tile_weight_gradient(const Tensor& dy, const Tensor& x) {
  const Tensor left = dy.contiguous(), right = x.contiguous();
  const int64_t rows = dy.size(1), outputs = x.size(1);
  Tensor out = at::empty({rows, outputs}, dy.options());
  multiply({rows, outputs, dy.size(0)},
           {floats(left), rows, /*turned=*/true},
           {floats(right), outputs, /*turned=*/true},
           nullptr,
           out.data_ptr<float>());
  return out;
}

}  // namespace troodon::kernels
