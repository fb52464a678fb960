#pragma once

#include "fingerprint/grey.hpp"
#include "image/pixels.hpp"

namespace troodon::fingerprint {

/// The picture without margins of one level each (borders, letterboxes, white paper): lines within
/// 10 grey levels of the outermost one. The whole picture if less than a quarter of a side would
/// remain.
image::Box without_margins(const Grey& grey);

}  // namespace troodon::fingerprint
