#pragma once

#include "image/pixels.hpp"
#include "troodon/picture.hpp"

namespace troodon::api {

/// The pixels of a picture, whatever it is given as. Throws Error (exit 4) if it cannot be read.
image::Image open(const Picture& picture);

/// A picture as the rooms have it, and back. Throws Error (exit 4) where its sizes contradict.
image::Image room_image(const Image& image);
Image told(image::Image image);

inline image::Box room_box(const Box& box) {
  return {.top = box.y, .left = box.x, .height = box.height, .width = box.width};
}

}  // namespace troodon::api
