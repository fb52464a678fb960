#pragma once

#include <array>
#include <span>

namespace troodon::metrics {

/// Error rates in [0, 1] under one corruption, strengths 1 to 5.
using StrengthErrors = std::array<double, 5>;

/// mCE: for each corruption the errors over those of a reference model, both summed over strengths;
/// mean over corruptions (Hendrycks & Dietterich 2019). 1 is the reference. Both [corruptions].
double mean_corruption_error(std::span<const StrengthErrors> errors,
                             std::span<const StrengthErrors> reference);

/// Relative mCE: the same of what corruption adds to the error on clean pictures.
double relative_corruption_error(std::span<const StrengthErrors> errors,
                                 double clean_error,
                                 std::span<const StrengthErrors> reference,
                                 double reference_clean_error);

}  // namespace troodon::metrics
