#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "annotate/sight.hpp"

// Which pixels belong to something, given a first idea; private to src/annotate.
namespace troodon::annotate {

/// Pixels that are decided already, in pixels of Sight::small.
enum class Fixed : uint8_t { no, inside, outside };

struct PixelCutOptions {
  float chance = 1;      ///< weight of the first idea (log odds)
  float colour = 0.5F;   ///< weight of the colour models (log density ratio)
  float smoothness = 3;  ///< cost of a border between two equal pixels
  int rounds = 2;        ///< colour models are fitted so often
};

/// GrabCut's step (Rother et al., 2004) around a first idea: mixtures of colours inside and
/// outside, and the cheapest border. chances [height, width] in 0..1, of each pixel of
/// Sight::small.
std::vector<uint8_t> pixel_cut(const Sight& sight,
                               std::span<const float> chances,
                               std::span<const Fixed> fixed,
                               const PixelCutOptions& options = {});

/// A mask of Sight::small at the picture's full size, its edges on the picture's (guided filter: He
/// et al., 2013). [picture.height, picture.width]
std::vector<uint8_t> full_size(const Sight& sight, std::span<const uint8_t> mask);

}  // namespace troodon::annotate
