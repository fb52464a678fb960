#include "model/position.hpp"

#include <cmath>

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace troodon::model {
namespace {

at::Tensor resample(const at::Tensor& grid, const PositionGrid& want) {
  const auto side = static_cast<double>(grid.size(2));
  std::optional<std::vector<int64_t>> size;
  std::optional<std::vector<double>> scale;
  if (want.offset != 0) {  // the kernel takes this scale as it is, not the ratio of the sizes
    scale = std::vector<double>{(static_cast<double>(want.rows) + want.offset) / side,
                                (static_cast<double>(want.columns) + want.offset) / side};
  } else {
    size = std::vector<int64_t>{want.rows, want.columns};
  }
  at::OptionalIntArrayRef size_ref;
  if (size) size_ref = at::IntArrayRef(*size);
  std::optional<at::ArrayRef<double>> scale_ref;
  if (scale) scale_ref = at::ArrayRef<double>(*scale);
  return want.antialias ? at::_upsample_bicubic2d_aa(grid, size_ref, false, scale_ref)
                        : at::upsample_bicubic2d(grid, size_ref, false, scale_ref);
}

}  // namespace

torch::Tensor interpolate_positions(const torch::Tensor& pos_embed, const PositionGrid& grid) {
  const int64_t stored = pos_embed.size(1) - 1, dim = pos_embed.size(2);
  if (grid.rows * grid.columns == stored && grid.rows == grid.columns) return pos_embed;
  const auto side = static_cast<int64_t>(std::sqrt(static_cast<double>(stored)));
  if (side * side != stored) {
    fail(Exit::input,
         "pos_embed holds {} patches, which is no square grid, so no other size works",
         stored);
  }
  const bool wide = pos_embed.scalar_type() == torch::kDouble;
  const at::Tensor all = pos_embed.to(wide ? torch::kDouble : torch::kFloat);
  const at::Tensor patches = all.slice(1, 1).reshape({1, side, side, dim}).permute({0, 3, 1, 2});
  const at::Tensor out = resample(patches, grid);
  if (out.size(2) != grid.rows || out.size(3) != grid.columns) {
    fail(Exit::input,
         "positions for {}x{} patches came out as {}x{}",
         grid.rows,
         grid.columns,
         out.size(2),
         out.size(3));
  }
  const at::Tensor flat = out.permute({0, 2, 3, 1}).reshape({1, -1, dim});
  return at::cat({all.slice(1, 0, 1), flat}, 1).to(pos_embed.scalar_type());
}

}  // namespace troodon::model
