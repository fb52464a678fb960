#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "annotate/sight.hpp"

// How far cells of a Sight are from some of them, in several senses; private to src/annotate.
namespace troodon::annotate {

/// One sense of distance; each comes with the level sets that mask_of_clicks() chooses from.
struct Spread {
  std::string name;
  std::vector<float> from_inside;   ///< [cells]; from the cells clicked on
  std::vector<float> from_outside;  ///< [cells]; from those clicked beside; infinite without any
};

/// Steps between neighbouring cells, each 1 on the picture's average.
struct Steps {
  std::vector<float> colour, edge, strange;  ///< [borders]
};
Steps steps_of(const Sight& sight);

/// Neighbours of each cell: places in Sight::borders.
std::vector<std::vector<int32_t>> borders_of_cells(const Sight& sight);

std::vector<Spread> spreads_of(const Sight& sight,
                               std::span<const int32_t> inside,
                               std::span<const int32_t> outside);

/// Joins neighbours, most alike first, until one group is left: what costs least in variance of
/// colour and features (Ward, 1963), weighted by the edge between them.
std::vector<Join> joins_of(const Sight& sight, const Steps& steps, float features);

}  // namespace troodon::annotate
