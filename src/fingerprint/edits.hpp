#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "image/pixels.hpp"

namespace troodon::fingerprint {

enum class EditKind {
  jpeg,        ///< encoded anew; amount: quality 1..100
  scale,       ///< amount: factor of both sides
  squash,      ///< to a square; amount: its side in pixels
  crop,        ///< of the same aspect, anywhere; amount: share of the area that stays
  brightness,  ///< amount: factor
  contrast,    ///< amount: factor
  saturation,  ///< amount: factor; 0 is grey
  hue,         ///< amount: turns, -0.5..0.5
  blur,        ///< amount: sigma in pixels
  text,        ///< a line across the picture; amount: letters' height as a share of the short side
  box,         ///< a box of one colour, anywhere; amount: its share of both sides
  border,      ///< of one colour, all round; amount: share of the sides that each edge adds
  letterbox,   ///< black edges that make it square; no amount
  turn,        ///< amount: turn number 1..7 of pdq.hpp
  rotate,      ///< amount: degrees, either way, corners black
};

struct Edit {
  EditKind kind = EditKind::jpeg;
  double amount = 0;
};

/// "jpeg 50", "crop 0.8", "letterbox": kind and amount.
std::string name_of(const Edit& edit);

/// The edited picture, never empty. Places, colours and words come from the seed alone, so the same
/// call gives the same pixels.
image::Image edited(const image::Image& image, const Edit& edit, uint64_t seed);

/// The sixteen edits on which the hashes' limits were set (spec: curation, E1).
std::vector<Edit> standard_edits();

/// One copy that is to be made: of which picture, how, and the seed for edited().
struct Copy {
  size_t original = 0;
  Edit edit;
  uint64_t seed = 0;
};

/// Every edit of every picture, picture by picture. A copy's seed depends on the picture's number,
/// the edit's place in the list and `seed` alone, so longer lists of pictures begin alike.
std::vector<Copy> planned_copies(size_t originals, std::span<const Edit> edits, uint64_t seed);

}  // namespace troodon::fingerprint
