#include "metrics/matching.hpp"

#include <cmath>

#include "base/error.hpp"
#include "metrics/classification.hpp"

namespace troodon::metrics {
namespace {

struct Hits {
  int64_t right = 0, points = 0;
  double share() const { return static_cast<double>(right) / static_cast<double>(points); }
};

Hits hits_of(std::span<const Point> predicted, std::span<const Point> truth, double reach) {
  if (predicted.size() != truth.size())
    fail(Exit::input,
         "{} points, but {} of truth; predict one for each",
         predicted.size(),
         truth.size());
  Hits hits;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (std::isnan(truth[i].x) || std::isnan(truth[i].y)) continue;
    hits.right += std::hypot(predicted[i].x - truth[i].x, predicted[i].y - truth[i].y) <= reach;
    ++hits.points;
  }
  return hits;
}

}  // namespace

double pck(std::span<const Point> predicted,
           std::span<const Point> truth,
           double extent,
           double alpha) {
  return hits_of(predicted, truth, alpha * extent).share();
}

PckScores pck_of(std::span<const PointPair> pairs, double alpha) {
  Hits all;
  std::vector<double> shares;
  for (const PointPair& pair : pairs) {
    const Hits hits = hits_of(pair.predicted, pair.truth, alpha * pair.extent);
    shares.push_back(hits.share());
    all.right += hits.right;
    all.points += hits.points;
  }
  return {.per_pair = mean_without_nan(shares), .per_point = all.share(), .points = all.points};
}

}  // namespace troodon::metrics
