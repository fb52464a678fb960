#pragma once

#include <vector>

#include "annotate/mask.hpp"
#include "annotate/sight.hpp"

namespace troodon::annotate {

/// Objects that nobody pointed at, best first, at most `count` and unlike each other (IoU < 0.7).
/// Cells that look alike are joined step by step; what stands out from its surroundings for long is
/// proposed. score 0..1.
std::vector<Mask> proposals(const Sight& sight, size_t count = 10);

}  // namespace troodon::annotate
