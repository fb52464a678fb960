#include "metrics/robustness.hpp"

#include <numeric>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

double sum_of(const StrengthErrors& errors) {
  return std::accumulate(errors.begin(), errors.end(), 0.0);
}

/// Mean over corruptions of (sum of errors - clean) / (sum of reference - its clean).
double mean_ratio(std::span<const StrengthErrors> errors,
                  double clean,
                  std::span<const StrengthErrors> reference,
                  double reference_clean) {
  if (errors.empty() || errors.size() != reference.size())
    fail(Exit::input,
         "errors under {} corruptions, of the reference under {}; give the same ones",
         errors.size(),
         reference.size());
  double total = 0;
  for (size_t i = 0; i < errors.size(); ++i) {
    const double strengths = static_cast<double>(errors[i].size());
    total += (sum_of(errors[i]) - strengths * clean) /
             (sum_of(reference[i]) - strengths * reference_clean);
  }
  return total / static_cast<double>(errors.size());
}

}  // namespace

double mean_corruption_error(std::span<const StrengthErrors> errors,
                             std::span<const StrengthErrors> reference) {
  return mean_ratio(errors, 0, reference, 0);
}

double relative_corruption_error(std::span<const StrengthErrors> errors,
                                 double clean_error,
                                 std::span<const StrengthErrors> reference,
                                 double reference_clean_error) {
  return mean_ratio(errors, clean_error, reference, reference_clean_error);
}

}  // namespace troodon::metrics
