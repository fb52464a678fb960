#include "metrics/classification.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void check_sizes(size_t scores, int64_t classes, size_t labels) {
  if (classes < 1 || scores != labels * static_cast<size_t>(classes))
    fail(Exit::input,
         "{} scores are not {} rows of {} classes; give every label a row of scores",
         scores,
         labels,
         classes);
}

std::span<const float> row_of(std::span<const float> scores, int64_t classes, size_t row) {
  return scores.subspan(row * static_cast<size_t>(classes), static_cast<size_t>(classes));
}

}  // namespace

double mean_without_nan(std::span<const double> values) {
  double sum = 0, count = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    sum += v;
    ++count;
  }
  return count == 0 ? kNaN : sum / count;
}

int64_t rank_of(std::span<const float> scores, int64_t label) {
  int64_t rank = 0;
  for (int64_t c = 0; c < static_cast<int64_t>(scores.size()); ++c)
    rank += scores[c] > scores[label] || (scores[c] == scores[label] && c < label);
  return rank;
}

Accuracy accuracy_of(std::span<const float> scores,
                     int64_t classes,
                     std::span<const int64_t> labels) {
  check_sizes(scores.size(), classes, labels.size());
  std::vector<double> right1(classes), right5(classes), seen(classes);
  for (size_t i = 0; i < labels.size(); ++i) {
    const int64_t label = labels[i];
    if (label < 0 || label >= classes) continue;
    const int64_t rank = rank_of(row_of(scores, classes, i), label);
    right1[label] += rank < 1;
    right5[label] += rank < 5;
    ++seen[label];
  }
  Accuracy out;
  const auto n = static_cast<double>(labels.size());
  out.top1 = std::accumulate(right1.begin(), right1.end(), 0.0) / n;
  out.top5 = std::accumulate(right5.begin(), right5.end(), 0.0) / n;
  for (int64_t c = 0; c < classes; ++c) {  // 0 / 0 is the NaN of a class that does not occur
    out.class_top1.push_back(right1[c] / seen[c]);
    out.class_top5.push_back(right5[c] / seen[c]);
  }
  out.macro_top1 = mean_without_nan(out.class_top1);
  out.macro_top5 = mean_without_nan(out.class_top5);
  return out;
}

std::vector<int64_t> confusion_of(std::span<const float> scores,
                                  int64_t classes,
                                  std::span<const int64_t> labels) {
  check_sizes(scores.size(), classes, labels.size());
  std::vector<int64_t> counts(static_cast<size_t>(classes * classes));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes) continue;
    const auto row = row_of(scores, classes, i);
    const auto taken = std::ranges::max_element(row) - row.begin();
    ++counts[labels[i] * classes + taken];
  }
  return counts;
}

std::vector<float> softmax_rows(std::span<const float> logits, int64_t classes) {
  check_sizes(logits.size(), classes, logits.size() / std::max<int64_t>(classes, 1));
  std::vector<float> out(logits.size());
  for (size_t i = 0; i < logits.size() / static_cast<size_t>(classes); ++i) {
    const auto row = row_of(logits, classes, i);
    const double most = *std::ranges::max_element(row);
    double sum = 0;
    for (const float v : row) sum += std::exp(v - most);
    for (size_t c = 0; c < row.size(); ++c)
      out[i * row.size() + c] = static_cast<float>(std::exp(row[c] - most) / sum);
  }
  return out;
}

double average_precision(std::span<const double> scores, std::span<const uint8_t> positive) {
  if (scores.size() != positive.size())
    fail(Exit::input, "{} scores, but {} marks of what is right", scores.size(), positive.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  const auto total = static_cast<double>(std::ranges::count_if(positive, std::identity{}));
  double sum = 0, right = 0, before = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    right += positive[order[i]] != 0;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    sum += (right - before) / total * right / static_cast<double>(i + 1);
    before = right;
  }
  return total == 0 ? kNaN : sum;
}

}  // namespace troodon::metrics
