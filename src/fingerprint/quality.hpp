#pragma once

#include <string>

#include "fingerprint/grey.hpp"
#include "image/pixels.hpp"

namespace troodon::fingerprint {

/// What can be measured of a picture before anybody looks at it. All but the size are of the
/// reduced picture (grey.hpp), so they mean the same for any resolution from 256 pixels up.
struct Quality {
  int width = 0, height = 0;  ///< pixels, of the picture itself
  double brightness = 0;      ///< 0..255: mean level
  double contrast = 0;        ///< 0..127.5: standard deviation of the levels
  double dark = 0;            ///< 0..1: share of pixels of level 8 and below
  double bright = 0;          ///< 0..1: share of pixels of level 247 and above
  double sharpness = 0;       ///< 0..: variance of the Laplacian; below 50 or so it looks blurred
  double uniformity = 0;      ///< 0..1: share of pixels within 6 levels of the commonest ones
  double noise = 0;           ///< 0..1: how little neighbours have in common; 1 for white noise
  double text = 0;            ///< 0..1: share of the area that looks like lines of print
};

Quality quality_of(const image::Image& image);
/// The same when the reduced picture is there already; width and height are the original's.
Quality quality_of(const Grey& grey, int width, int height);

/// When a picture is not worth learning from. Zeros, and ones for shares, turn a rule off.
struct JunkLimits {
  int min_side = 32;        ///< pixels of the shorter side
  double max_aspect = 8;    ///< longer side by shorter side
  double min_contrast = 3;  ///< grey levels
  double max_uniformity = 0.99;
  double max_noise = 0.75;
  double max_text = 0.6;
};

enum class Junk { none, too_small, too_long, uniform, noise, text };

/// The first rule that the picture breaks, in the order of the names.
Junk junk_of(const Quality& quality, const JunkLimits& limits = {});

/// "too small", "uniform", ...; "" for none.
std::string name_of(Junk junk);

}  // namespace troodon::fingerprint
