#include "metrics/segmentation.hpp"

#include <numeric>

#include "base/error.hpp"
#include "metrics/classification.hpp"

namespace troodon::metrics {
namespace {

/// Adds one to a class's count; what is no class has none.
void count(std::vector<int64_t>& counts, int32_t label) {
  if (label >= 0 && static_cast<size_t>(label) < counts.size()) ++counts[label];
}

/// 0 becomes what is ignored, 1 class 0; what was ignored already stays so.
int32_t reduced(int32_t label, int32_t ignore) {
  return label == 0 || label == ignore ? ignore : label - 1;
}

double total(const std::vector<int64_t>& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
}

}  // namespace

PixelCounts::PixelCounts(int64_t classes, const PixelOptions& options) : options_(options) {
  if (classes < 1) fail(Exit::input, "masks of {} classes; there must be at least one", classes);
  for (auto* counts : {&both_, &predicted_, &true_}) counts->resize(static_cast<size_t>(classes));
}

void PixelCounts::add(std::span<const int32_t> pred, std::span<const int32_t> truth) {
  if (pred.size() != truth.size())
    fail(Exit::input,
         "a predicted mask of {} pixels, but {} of truth; resize one to the other",
         pred.size(),
         truth.size());
  for (size_t i = 0; i < truth.size(); ++i) {
    const int32_t label =
        options_.reduce_zero_label ? reduced(truth[i], options_.ignore) : truth[i];
    if (label == options_.ignore) continue;
    count(predicted_, pred[i]);
    count(true_, label);
    if (pred[i] == label) count(both_, label);
  }
}

void PixelCounts::add(const PixelCounts& other) {
  if (other.both_.size() != both_.size())
    fail("counts of {} classes cannot join those of {}", other.both_.size(), both_.size());
  for (size_t c = 0; c < both_.size(); ++c) {
    both_[c] += other.both_[c];
    predicted_[c] += other.predicted_[c];
    true_[c] += other.true_[c];
  }
}

SegmentationScores PixelCounts::scores() const {
  SegmentationScores out;
  for (size_t c = 0; c < both_.size(); ++c) {  // 0 / 0 is the NaN of a class that does not occur
    const auto both = static_cast<double>(both_[c]);
    out.iou.push_back(both / static_cast<double>(predicted_[c] + true_[c] - both_[c]));
    out.accuracy.push_back(both / static_cast<double>(true_[c]));
  }
  out.miou = mean_without_nan(out.iou);
  out.macc = mean_without_nan(out.accuracy);
  out.aacc = total(both_) / total(true_);
  return out;
}

}  // namespace troodon::metrics
