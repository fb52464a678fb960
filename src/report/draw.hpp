#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "image/pixels.hpp"

namespace troodon::report {

/// 8-bit sRGB.
using Colour = std::array<uint8_t, 3>;

/// Cells of a patch grid; cell (r, c) has index r * columns + c.
struct Grid {
  int rows = 0;
  int columns = 0;
};

struct MaskStyle {
  Colour colour = {24, 26, 30};
  double opacity = 0.72;  ///< 0 invisible, 1 opaque
};

/// The picture with every masked cell (mask[i] != 0) of the grid covered. Cells share the picture's
/// edges evenly, so it may be larger than the network's input. Throws Error when mask is not
/// rows * columns long.
image::Image overlay_mask(const image::Image& image,
                          std::span<const uint8_t> mask,
                          Grid grid,
                          const MaskStyle& style = {});

/// (1 - opacity) * below + opacity * above; both of the same size, else throws Error.
image::Image blend(const image::Image& below, const image::Image& above, double opacity);

/// Each pixel becomes a block: what a network's grid really holds.
image::Image enlarge_nearest(const image::Image& image, int width, int height);

/// Smooth between pixel centres; borders repeat. For enlarging: shrinking is image::resize.
image::Image enlarge_bilinear(const image::Image& image, int width, int height);

struct SheetStyle {
  int columns = 8;
  int padding = 2;  ///< pixels around each picture
  Colour background = {255, 255, 255};
};

/// Pictures in reading order on one sheet; every cell has the size of the largest, smaller pictures
/// stand in its middle. No pictures give an empty one.
image::Image sheet(std::span<const image::Image> pictures, const SheetStyle& style = {});

/// rgb of square grids one after another, [grids * side * side, 3] -> one picture a grid.
std::vector<image::Image> cut_grids(std::span<const uint8_t> rgb, int side);

/// Colour of t in [0, 1] (clamped) on a ramp of even lightness steps, dark violet to pale yellow.
/// Computed in OKLab (Ottosson 2020); grey where t is NaN.
Colour heat_colour(double t);

/// values [rows * columns], any unit, coloured by heat_colour from the range's first to its second
/// value (without a range: their own smallest and largest). Throws Error on a wrong length.
image::Image heat_map(std::span<const float> values,
                      Grid grid,
                      std::optional<std::pair<float, float>> range = {});

/// rgb [rows * columns, 3] in 0..1 (clamped, NaN is grey) -> one pixel a cell. Throws Error on a
/// wrong length.
image::Image rgb_grid(std::span<const float> rgb, Grid grid);

}  // namespace troodon::report
