#pragma once

#include "explore/page.hpp"

// The map as a picture; private to src/explore.
namespace troodon::explore {

/// A colour for each cluster: neighbours in number differ most; red, green, blue.
std::array<uint8_t, 3> cluster_colour(size_t cluster);

/// Thumbnails framed in their cluster's colour where there is room for them, points elsewhere; side
/// x side pixels. At most so many thumbnails are asked for.
image::Image map_picture(const Exploration& exploration,
                         const Thumbnails& thumbnails,
                         int side,
                         int64_t most);

}  // namespace troodon::explore
