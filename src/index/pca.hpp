#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/features.hpp"

namespace troodon::index {

/// The directions in which a set of vectors differs most.
struct Pca {
  std::vector<double> mean;        ///< [dim]
  std::vector<double> components;  ///< [count, dim], orthonormal, strongest first
  std::vector<double> variances;   ///< [count] of the data along them (divided by rows - 1)

  int64_t count() const { return static_cast<int64_t>(variances.size()); }
  /// Coordinates of vectors in this basis: [rows, count]. Use one basis for all pictures of a set,
  /// and equal colours mean equal parts.
  std::vector<float> project(const Matrix& vectors) const;
};

/// The strongest `count` components (cut to the width). Same input, same bits; of each component's
/// two signs the one whose largest entry is positive. Throws Error with fewer than two rows.
Pca fit_pca(const Matrix& vectors, int64_t count);

/// Splits values in two groups with the least spread inside (Otsu 1979); -> the border.
double otsu_threshold(std::span<const float> values);

/// A picture's patch grid.
struct Grid {
  int64_t rows = 0;
  int64_t columns = 0;
};

/// 1 for each patch on the foreground side of the first component, given for all pictures one after
/// another. The border is Otsu's; the background is the side that touches the picture edges more.
std::vector<uint8_t> foreground(std::span<const float> first_component,
                                std::span<const Grid> grids);

/// Three coordinates per row -> three bytes: each channel's quantiles `clip` and 1 - clip (of the
/// rows in `use`; empty: all) become 0 and 255. clip 0: minimum and maximum. Rows out of use are
/// black.
std::vector<uint8_t> to_rgb(std::span<const float> coordinates,
                            std::span<const uint8_t> use = {},
                            double clip = 0);

}  // namespace troodon::index
