#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::infer {

/// Logits on a grid, [rows, columns, classes].
struct LogitGrid {
  int64_t rows = 0, columns = 0, classes = 0;
  std::span<const float> values;
};

struct PixelLabels {
  std::vector<int32_t> labels;    ///< [height, width]
  std::vector<float> confidence;  ///< likewise, the softmax of that class; or empty
};

/// The class of each pixel: logits brought to width x height (bilinear, corners not aligned), then
/// the largest; the first of equal ones. Row by row: what a map of all classes at that size would
/// take is never there at once. The same for any number of threads (0: all cores).
PixelLabels label_pixels(
    const LogitGrid& grid, int width, int height, bool confidence, size_t threads = 0);

}  // namespace troodon::infer
