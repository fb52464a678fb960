#pragma once

#include <array>
#include <vector>

#include "restyle/oklab.hpp"

namespace troodon::restyle {

/// Mean and covariance of weighted colours.
struct Spread {
  std::array<double, 3> mean = {};
  std::array<double, 9> covariance = {};  ///< row by row
  double weight = 0;                      ///< sum of the weights
};

/// Over all pixels, weights [pixels] from 0.
Spread spread_of(const Lab& picture, const std::vector<float>& weights);

/// A colour x becomes matrix * (x - from) + to.
struct ColourMap {
  std::array<double, 9> matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  std::array<double, 3> from = {}, to = {};

  std::array<float, 3> operator()(const float* colour) const;
};

/// The linear map that takes one spread to another and moves colours least (Monge-Kantorovich;
/// Pitie and Kokaram 2007). Contrast along a direction grows or shrinks at most `most` times.
ColourMap colour_map(const Spread& from, const Spread& to, double most = 2.5);

}  // namespace troodon::restyle
