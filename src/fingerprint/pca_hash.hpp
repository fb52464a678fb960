#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "fingerprint/grey.hpp"
#include "fingerprint/hamming.hpp"

namespace troodon::fingerprint {

struct PcaHashOptions {
  int side = 32;  ///< of the small picture that is hashed, in pixels; at most 64
  int bits = 64;  ///< 1..256, and at most side * side
};

/// The axes that a set of pictures was found to vary along. Its hashes mean nothing to another
/// model's: keep it with them.
struct PcaHashModel {
  PcaHashOptions options;
  std::vector<float> mean;  ///< [side * side]
  std::vector<float> axes;  ///< [bits, side * side], orthonormal, those of most variance
};

/// What the hash looks at: the area means of side x side, less their mean, scaled to length 1 (all
/// zero for a flat picture); [side * side], row-major.
std::vector<float> small_picture(const Grey& grey, int side);

/// The principal axes of small pictures, [count, side * side]. Deterministic. Throws Error if there
/// are fewer pictures than two or the options are out of range. Definition: spec curation 4.1.
PcaHashModel learn_pca_hash(std::span<const float> small_pictures,
                            const PcaHashOptions& options = {});

/// The signs along the axes: bit i is set where the picture lies on the positive side of axis i;
/// bits from options.bits on are zero.
Hash256 pca_hash(const PcaHashModel& model, const Grey& grey);

}  // namespace troodon::fingerprint
