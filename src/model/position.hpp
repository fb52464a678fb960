#pragma once

#include <cstdint>

#include <torch/types.h>

namespace troodon::model {

/// How a stored grid of positions is read at another size.
struct PositionGrid {
  int64_t rows = 0;  ///< wanted grid, in patches
  int64_t columns = 0;
  bool antialias = false;
  double offset = 0.1;  ///< added to the wanted size before it is divided; 0: by size (spec 1.5)
};

/// pos_embed [1,1+M*M,D] resampled bicubically to [1,1+rows*columns,D], in float32 (double stays),
/// given back in its own dtype; untouched when the grid already fits. Throws Error if the stored
/// grid isn't square.
torch::Tensor interpolate_positions(const torch::Tensor& pos_embed, const PositionGrid& grid);

}  // namespace troodon::model
