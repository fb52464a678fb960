#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exports/depth.hpp"

namespace troodon::depth {

/// Points in space with the colours of their pixels.
struct Cloud {
  std::vector<float> places;     ///< [n, 3] metres: right, down, forward
  std::vector<uint8_t> colours;  ///< [n, 3]

  size_t count() const { return places.size() / 3; }
};

struct CloudOptions {
  int64_t most = 0;           ///< points; 0: one for each pixel whose depth is known
  exports::DepthRange range;  ///< what is nearer or farther is left out; both 0: nothing
  double edges = 0;  ///< leaves out pixels whose depth differs from a neighbour's by more than
                     ///< this share: they hang between things; 0: none
};

/// A pixel's ray times its depth. Of many points those on an even grid of pixels stay. Throws Error
/// (Exit::input) where sizes differ.
Cloud cloud_of(const exports::Depth& depth,
               const image::Image& picture,
               const exports::Camera& camera,
               const CloudOptions& options = {});

/// Binary little-endian PLY, as exports::point_cloud writes it.
std::string ply_of(const Cloud& cloud, const exports::Camera& camera);

/// For the page (docs/http.md, format=points): uint32 n; float32 places [n, 3]; uint8 colours.
std::string points_of(const Cloud& cloud);

}  // namespace troodon::depth
