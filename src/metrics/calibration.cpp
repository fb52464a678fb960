#include "metrics/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

/// A probability of exactly 0 would make one row's likelihood drown all others.
constexpr double kLeastProbability = std::numeric_limits<float>::min();

/// The stretch ((i, i + 1] / bins) that holds a confidence.
size_t bin_of(double confidence, size_t bins) {
  const double place = std::ceil(confidence * static_cast<double>(bins)) - 1;
  return static_cast<size_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)));
}

/// Squared distance of a row to the one-hot row of its label.
double brier_of(std::span<const float> row, int64_t label) {
  double sum = 0;
  for (int64_t c = 0; c < static_cast<int64_t>(row.size()); ++c) {
    const double distance = row[c] - (c == label ? 1.0 : 0.0);
    sum += distance * distance;
  }
  return sum;
}

/// Sums become means, and the errors of the bins the two errors.
void finish(Calibration& sums, double rows) {
  for (CalibrationBin& bin : sums.bins) {
    if (bin.count == 0) continue;
    bin.confidence /= static_cast<double>(bin.count);
    bin.accuracy /= static_cast<double>(bin.count);
    const double error = std::abs(bin.accuracy - bin.confidence);
    sums.expected_error += error * static_cast<double>(bin.count) / rows;
    sums.maximum_error = std::max(sums.maximum_error, error);
  }
  sums.negative_log_likelihood /= rows;
  sums.brier /= rows;
  if (rows > 0) return;
  sums.expected_error = sums.maximum_error = std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Calibration calibration_of(std::span<const float> probabilities,
                           int64_t classes,
                           std::span<const int64_t> labels,
                           int64_t bins) {
  const auto width = static_cast<size_t>(std::max<int64_t>(classes, 0));
  if (width == 0 || probabilities.size() != labels.size() * width)
    fail(Exit::input,
         "{} probabilities are not {} rows of {} classes; give every label a row",
         probabilities.size(),
         labels.size(),
         classes);
  if (bins < 1) fail(Exit::input, "calibration in {} bins; give at least 1", bins);
  Calibration out;
  out.bins.resize(static_cast<size_t>(bins));
  double rows = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes) continue;
    const auto row = probabilities.subspan(i * width, width);
    const auto taken = std::ranges::max_element(row);
    CalibrationBin& bin = out.bins[bin_of(*taken, out.bins.size())];
    bin.confidence += *taken;
    bin.accuracy += taken - row.begin() == labels[i];
    ++bin.count;
    const double own = row[labels[i]];
    out.negative_log_likelihood -= std::log(std::max(own, kLeastProbability));
    out.brier += brier_of(row, labels[i]);
    ++rows;
  }
  finish(out, rows);
  return out;
}

}  // namespace troodon::metrics
