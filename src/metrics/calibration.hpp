#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::metrics {

/// The rows whose confidence lies in one stretch of (0, 1].
struct CalibrationBin {
  double confidence = 0;  ///< mean probability of the likeliest class
  double accuracy = 0;    ///< share of rows where that class is the label
  int64_t count = 0;      ///< rows; both means are 0 without any
};

/// Whether probabilities are what they say.
struct Calibration {
  double expected_error = 0;  ///< |accuracy - confidence|, mean over rows (Guo et al. 2017)
  double maximum_error = 0;   ///< the same, of the worst bin
  double negative_log_likelihood = 0;  ///< mean of -log p(label), in nats
  double brier = 0;  ///< mean of the squared distance to the one-hot label, in [0, 2]
  std::vector<CalibrationBin> bins;  ///< [bins], confidence ascending, equally wide
};

/// probabilities [rows, classes], rows summing to 1; labels [rows], unknown ones are left out. All
/// NaN if no row is left. Throws Error if the sizes do not fit.
Calibration calibration_of(std::span<const float> probabilities,
                           int64_t classes,
                           std::span<const int64_t> labels,
                           int64_t bins = 15);

}  // namespace troodon::metrics
