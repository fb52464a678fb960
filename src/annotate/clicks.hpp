#pragma once

#include <optional>
#include <span>

#include "annotate/mask.hpp"
#include "annotate/sight.hpp"

namespace troodon::annotate {

/// A place in pixels of the picture; (0, 0) is the upper left corner of its first pixel.
struct Click {
  double x = 0, y = 0;
  bool positive = true;  ///< on the object; else beside it
};

struct ClickOptions {
  bool refine = true;  ///< follow edges pixel by pixel; else whole cells of the Sight
};

/// The object that the clicks and the box point at. Pixels clicked on are inside (outside where
/// negative), nothing lies outside the box, every part of the mask holds a positive click (or, with
/// a box alone, is its main part). Throws Error (Exit::input) without a positive click or a box, or
/// for a click or a box outside the picture.
Mask mask_of_clicks(const Sight& sight,
                    std::span<const Click> clicks,
                    const std::optional<image::Box>& box = {},
                    const ClickOptions& options = {});

}  // namespace troodon::annotate
