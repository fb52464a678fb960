#pragma once

#include "fingerprint/grey.hpp"
#include "fingerprint/hamming.hpp"

namespace troodon::fingerprint {

/// Difference hash of 9 x 8 area means: bit 63 - (8 row + column) says whether the right neighbour
/// is brighter. Zero for a flat picture. Spec: curation 4.1, with areas in place of Lanczos.
Hash64 dhash(const Grey& grey);

}  // namespace troodon::fingerprint
