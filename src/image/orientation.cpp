#include <cstddef>

#include "image/formats.hpp"

namespace troodon::image {

Image upright(const Image& image, int orientation) {
  const bool sideways = orientation >= 5;
  // The stored corner that becomes the top left one, and whether rows and columns run backwards.
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ptrdiff_t along_x = from_right ? -3 : 3;
  const ptrdiff_t row_bytes = static_cast<ptrdiff_t>(image.width) * 3;
  const ptrdiff_t along_y = from_bottom ? -row_bytes : row_bytes;
  const uint8_t* corner = image.row(from_bottom ? image.height - 1 : 0);
  if (from_right) corner += row_bytes - 3;

  Image out = sideways ? Image(image.height, image.width) : Image(image.width, image.height);
  const ptrdiff_t step_x = sideways ? along_y : along_x, step_y = sideways ? along_x : along_y;
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* from = corner + y * step_y;
    uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, from += step_x, to += 3) {
      to[0] = from[0], to[1] = from[1], to[2] = from[2];
    }
  }
  return out;
}

}  // namespace troodon::image
