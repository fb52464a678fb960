#pragma once

#include <cstdint>
#include <vector>

#include "restyle/oklab.hpp"

namespace troodon::restyle {

/// The mean over squares of side 2 * radius + 1, at the edge over what there is: values
/// [height, width].
std::vector<float> box_mean(const std::vector<float>& values, int width, int height, int radius);

/// values [rows, columns] at the size of a picture, bilinear between the middles of cells.
std::vector<float> enlarged(
    const std::vector<float>& values, int64_t rows, int64_t columns, int width, int height);

/// A plane [rows, columns] at the picture's size whose edges follow the picture's lightness: a
/// guided filter (He et al. 2010) whose coefficients are computed at a long side of at most 512
/// pixels (He and Sun 2015). radius: in cells; eps: lightness variance below which there is no
/// edge.
std::vector<float> guided(const std::vector<float>& plane,
                          int64_t rows,
                          int64_t columns,
                          const Lab& guide,
                          double radius,
                          double eps = 1e-3);

}  // namespace troodon::restyle
