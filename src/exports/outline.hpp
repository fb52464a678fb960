#pragma once

#include <vector>

#include "exports/regions.hpp"

namespace troodon::exports {

/// Number of the 4-connected region that each pixel belongs to, counted in order of first pixels;
/// -1: none. [height, width].
std::vector<int32_t> region_numbers(const Mask& mask);

/// All rings around each region, its outline first, corners on the grid between pixels. `numbers`
/// as above.
std::vector<std::vector<Ring>> rings_of(const std::vector<int32_t>& numbers, int width, int height);

/// Stairs become slopes, then Douglas and Peucker's choice of points. A ring that would have fewer
/// than 3 is returned as it is.
Ring simplified(const Ring& ring, double tolerance);

}  // namespace troodon::exports
