#pragma once

#include "image/pixels.hpp"
#include "troodon/embedder.hpp"

namespace troodon::api {

/// The pixels of a picture, whatever it is given as. Throws Error (exit 4) if it cannot be read.
image::Image open(const Picture& picture);

}  // namespace troodon::api
