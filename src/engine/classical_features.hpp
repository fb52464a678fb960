#pragma once

#include <cstdint>
#include <vector>

#include "image/pixels.hpp"

namespace troodon::engine {

/// Square roots of the shares that bins of hue, saturation and value (8 x 4 x 4) have in a picture:
/// [128], of length 1, so that products are Bhattacharyya's. Hue of grey counts as red's.
std::vector<float> colour_histogram(const image::Image& picture);

/// Mean and standard deviation of CIE Lab (D65, divided by 100) in each cell, then in the 3 x 3
/// cells around it, at the edge in those that there are: [rows * columns, 12].
std::vector<float> colour_of_cells(const image::Image& picture, int64_t rows, int64_t columns);

/// Gradients of a picture by cell and orientation, as Dalal and Triggs have it: of each pixel the
/// channel with the largest, [-1 0 1], 9 unsigned orientations, bilinear between orientations and
/// between cells: [rows * columns, 9], in shares of a cell's largest possible sum.
std::vector<float> gradients_of_cells(const image::Image& picture, int64_t rows, int64_t columns);

/// Blocks of 2 x 2 cells, each L2-Hys normalised: [(rows - 1) * (columns - 1) * 36]. At least 2
/// x 2.
std::vector<float> hog_blocks(const std::vector<float>& cells, int64_t rows, int64_t columns);

/// Each cell as the four blocks that it belongs to normalise it (cells beyond the edge are those at
/// the edge): [rows * columns, 36].
std::vector<float> hog_of_cells(const std::vector<float>& cells, int64_t rows, int64_t columns);

inline constexpr int64_t kColourBins = 128, kCellColours = 12, kOrientations = 9, kCellHog = 36;

}  // namespace troodon::engine
