#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::metrics {

/// J: intersection over union of two masks (zero and not zero), 1 if both are empty. Throws Error
/// if the sizes differ.
double region_similarity(std::span<const uint8_t> pred, std::span<const uint8_t> truth);

/// 1 where a mask [height, width] changes to the right, below or diagonally between, else 0.
std::vector<uint8_t> boundary_map(std::span<const uint8_t> mask, int64_t height, int64_t width);

struct BoundaryAccuracy {
  double f = 0, precision = 0, recall = 0;
};

/// F: how well two outlines meet. A boundary pixel is right if one of the other outline lies within
/// ceil(tolerance * diagonal) pixels. Source: DAVIS 2017 (spec section 4, golden evals/jf).
BoundaryAccuracy boundary_accuracy(std::span<const uint8_t> pred,
                                   std::span<const uint8_t> truth,
                                   int64_t height,
                                   int64_t width,
                                   double tolerance = 0.008);

/// DAVIS's summary of one object's J or F over the frames.
struct TrackScores {
  double mean = 0;
  double recall = 0;  ///< share of frames above 0.5
  double decay = 0;   ///< mean of the first quarter of the frames minus that of the last
};

/// values [frames] without the given first frame; NaN frames are left out of the means.
TrackScores track_scores(std::span<const double> values);

}  // namespace troodon::metrics
