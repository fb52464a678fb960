#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::annotate {

struct Cells {
  int count = 0;
  std::vector<int32_t> of;  ///< [height, width], 0..count-1; each cell hangs together
};

/// Cuts a picture [height, width, 3] into about `wanted` small regions of even colour: SLIC
/// (Achanta et al., 2012), then scraps join their neighbours.
Cells cells_of(std::span<const float> lab, int width, int height, int wanted);

}  // namespace troodon::annotate
