#pragma once

#include <cstdint>
#include <vector>

#include "exports/mask.hpp"

namespace troodon::exports {

/// In pixels: (0, 0) is the upper left corner of the first pixel, (width, height) the lower right
/// one of the last.
struct Point {
  double x = 0, y = 0;
};
using Ring = std::vector<Point>;  ///< closed; the first point is not repeated

/// Pixels of one class that hang together by their edges (4-connected).
struct Region {
  int32_t label = 0;
  int64_t area = 0;                              ///< pixels
  int left = 0, top = 0, right = 0, bottom = 0;  ///< the pixels in it, right and bottom excluded
  Ring outline;                                  ///< clockwise as seen
  std::vector<Ring> holes;                       ///< counter-clockwise
};

struct RegionOptions {
  int64_t min_area = 1;    ///< pixels; smaller regions are left out
  double tolerance = 0.5;  ///< pixels that a simplified outline may be off; 0: exact
};

/// Regions in the order of their first pixels; pixels below 0 belong to none. Outlines follow the
/// edges between pixels (exactly so with tolerance 0), stairs become slopes, then Douglas and
/// Peucker, 1973. Where that would cover less than 96 % of the region (IoU), it is simplified less.
std::vector<Region> regions_of(const Mask& mask, const RegionOptions& options = {});

/// Which pixels of a width x height picture have their centres inside an odd number of rings: 0 or
/// 1, [height, width].
std::vector<uint8_t> filled(const std::vector<Ring>& rings, int width, int height);

/// One ring without holes: each hole is joined to the outline by a cut of no width, for formats
/// that know no holes.
Ring joined(const Region& region);

}  // namespace troodon::exports
