#pragma once

#include <array>
#include <span>

#include "image/pixels.hpp"
#include "match/pairs.hpp"

namespace troodon::match {

struct LineStyle {
  int64_t limit = 60;     ///< lines, the best pairs; 0: all
  int height = 512;       ///< of the picture, pixels; 0: the larger of both
  bool outliers = false;  ///< draw pairs that do not fit the model, too, in grey
};

/// Both pictures side by side, a line from each place to its match. A line's colour says where it
/// begins, so that neighbours are told apart.
image::Image draw_pairs(const image::Image& a,
                        const image::Image& b,
                        const Matches& matches,
                        const LineStyle& style = {});

/// A colour for each of `count` things, as different as can be.
std::array<uint8_t, 3> colour_of(int64_t thing, int64_t count);

/// Draws a smooth line or a disk with a dark rim, in place; what lies outside is left out.
void draw_line(image::Image& picture,
               const Point& from,
               const Point& to,
               double thickness,
               std::array<uint8_t, 3> colour);
void draw_dot(image::Image& picture,
              const Point& at,
              double radius,
              std::array<uint8_t, 3> colour,
              bool filled = true);

}  // namespace troodon::match
