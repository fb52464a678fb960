#pragma once

#include <cstdint>
#include <vector>

#include "views/masks.hpp"

namespace troodon::views {

struct CollateOptions {
  MaskOptions mask;
  double ratio_min = 0.1;    ///< share of patches hidden in a masked crop: from
  double ratio_max = 0.5;    ///< to
  double probability = 0.5;  ///< share of the global crops that are masked
};

/// The masks of one batch's global crops, as the iBOT loss wants them. N patches in a crop.
struct BatchMasks {
  std::vector<uint8_t> masks;    ///< [crops, N], 0 or 1
  std::vector<int64_t> indices;  ///< of the hidden patches in masks, ascending
  std::vector<float> weights;    ///< for each of them 1 / (hidden patches of its crop)
  int64_t upperbound = 0;        ///< indices.size() never exceeds this: the room to reserve

  int64_t masked() const { return static_cast<int64_t>(indices.size()); }
};

/// n evenly spaced values from first to last, in float32 (the arithmetic of torch.linspace).
std::vector<float> linspace(double first, double last, int64_t n);

/// Masks int(crops * probability) of a batch's global crops. Their ratios are stratified: one draw
/// in each of equally wide bins between ratio_min and ratio_max; then all masks are shuffled over
/// the crops. Float32 where the reference is (spec section 3.5, quirk 5).
BatchMasks collate_masks(int64_t crops, const CollateOptions& options, MaskDraws& draws);

/// Some pictures of a batch: `count` from number `first` on.
struct PictureRange {
  int64_t first = 0, count = 0;
};

/// The masks of some pictures' crops, out of those of two global crops of every picture.
BatchMasks part_of_pictures(const BatchMasks& batch, int64_t patches, const PictureRange& range);

/// Memory for `count` crops of each of `samples` pictures, ordered crop-major: crop 0 of every
/// sample, then crop 1 of every sample, ... Each crop is [3, size, size].
struct CropStack {
  int64_t samples = 0, count = 0, size = 0;
  std::vector<float> pixels;

  CropStack() = default;
  CropStack(int64_t sample_count, int64_t crop_count, int64_t crop_size)
      : samples(sample_count),
        count(crop_count),
        size(crop_size),
        pixels(static_cast<size_t>(sample_count * crop_count * 3 * crop_size * crop_size)) {}
  int64_t crops() const { return samples * count; }
  float* at(int64_t sample, int64_t crop) {
    return pixels.data() + (crop * samples + sample) * 3 * size * size;
  }
};

}  // namespace troodon::views
