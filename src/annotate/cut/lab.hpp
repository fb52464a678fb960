#pragma once

#include <vector>

#include "image/pixels.hpp"

namespace troodon::annotate {

/// A picture in CIE Lab (D65) / 100, [height, width, 3]: equal steps look about equally large.
std::vector<float> lab_of(const image::Image& picture);

}  // namespace troodon::annotate
