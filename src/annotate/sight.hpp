#pragma once

#include <cstdint>
#include <vector>

#include "frozen/dense.hpp"
#include "image/pixels.hpp"

namespace troodon::annotate {

/// Where two cells of a Sight meet.
struct Border {
  int32_t a = 0, b = 0;   ///< cells, a < b
  float length = 0;       ///< pixels
  float contrast = 0;     ///< colour step across it, Lab / 100
  float strangeness = 0;  ///< 1 - cosine of the features
};

/// A join of two groups of cells; the later, the less alike they are.
struct Join {
  int32_t a = 0, b = 0;  ///< groups: cells, then cells + number of the join that made it
  float height = 0;      ///< never lower than the join before it
};

/// What a picture's clicks share: computed once, so that each later click is quick.
struct Sight {
  image::Image picture;
  frozen::Tokens tokens;  ///< of its last layer; without any, colours alone decide

  // Derived from both by sight_of().
  image::Image small;          ///< the picture at working size (longer side <= kWorkingSide)
  int cells = 0;               ///< small regions of even colour that respect edges
  std::vector<int32_t> cell;   ///< which one a pixel is of, [small.height, small.width]
  int dim = 0;                 ///< of a cell's feature
  std::vector<float> colour;   ///< mean CIE Lab / 100, [cells, 3]
  std::vector<float> feature;  ///< centred, unit length, [cells, dim]
  std::vector<float> place;    ///< middle in pixels of `small`, [cells, 2]: x, y
  std::vector<int32_t> area;   ///< pixels of `small`, [cells]
  std::vector<Join> by_colour, by_both;  ///< all cells into one group; by_both: features count, too
  std::vector<Border> borders;           ///< by a, then b
};

inline constexpr int kWorkingSide = 320;

/// Throws Error (Exit::input) for an empty picture. The same for any number of threads.
Sight sight_of(image::Image picture, frozen::Tokens tokens);

/// Looks with a network. Patches for the short side: `grid` of the options (0: 40).
frozen::DenseOptions looking_options(const fs::path& model);
Sight sight_of(image::Image picture, frozen::DenseFeatures& features);

}  // namespace troodon::annotate
