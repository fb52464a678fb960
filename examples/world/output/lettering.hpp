#pragma once

#include <string_view>

#include "image/pixels.hpp"

namespace troodon::world {

/// Writes small letters (a-z; anything else is a gap) with their top left corner at (x, y); a
/// letter is 3 x 5 dots of `dot` pixels. What falls outside the picture is cut.
void write_text(image::Image& image, std::string_view text, int x, int y, int dot, uint8_t gray);

/// The width of the text in pixels.
inline int text_width(std::string_view text, int dot) {
  return static_cast<int>(text.size()) * 4 * dot;
}

}  // namespace troodon::world
