#pragma once

#include <cstdint>
#include <vector>

#include "restyle/oklab.hpp"

namespace troodon::restyle {

/// Which place of the style each place of the content takes its texture from.
struct Sources {
  int64_t rows = 0, columns = 0;              ///< of the content's places
  int64_t style_rows = 0, style_columns = 0;  ///< of the style's
  std::vector<int64_t> place;                 ///< [rows * columns]
};

/// Replaces a share of the content's fine lightness (what a blur over a place takes away) by the
/// style's: overlapping tiles from where sources say, blended so that contrast stays. In place.
void add_texture(Lab& content, const Lab& style, const Sources& sources, double share);

}  // namespace troodon::restyle
