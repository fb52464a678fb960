#pragma once

#include "evaluate/classify.hpp"
#include "image/corrupt.hpp"
#include "metrics/robustness.hpp"

namespace troodon::evaluate {

struct RobustOptions {
  ClassifyOptions classify;
  std::vector<image::Corruption> corruptions;  ///< empty: all
  int64_t limit = 0;  ///< so many of the judged pictures, evenly spread; 0: all
};

/// A head that learnt sound pictures, judged on damaged ones.
struct Robust {
  std::vector<image::Corruption> corruptions;
  std::vector<metrics::StrengthErrors> errors;  ///< [corruptions] top-1 errors, strengths 1 to 5
  double clean_error = 0;
  double mean_error = 0;  ///< over corruptions and strengths
  int64_t pictures = 0;
  bool interrupted = false;
};

/// Learns from `train`, judges damaged copies of `val`; the damage is seeded by looking.seed and
/// the picture's place. Throws Error as classify.
Robust robust(const RobustOptions& options, const data::Source& train, const data::Source& val);

}  // namespace troodon::evaluate
