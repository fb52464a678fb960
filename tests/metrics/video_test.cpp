#include "metrics/video.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::metrics {
namespace {

using Mask = std::vector<uint8_t>;

Mask square(int64_t side, int64_t first, int64_t end) {
  Mask out(static_cast<size_t>(side * side));
  for (int64_t y = first; y < end; ++y)
    for (int64_t x = first; x < end; ++x) out[y * side + x] = 255;
  return out;
}

TEST(RegionSimilarity, IsIntersectionOverUnion) {
  EXPECT_DOUBLE_EQ(region_similarity(Mask{1, 1, 0, 0}, Mask{0, 9, 9, 0}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(region_similarity(Mask{0, 0}, Mask{0, 0}), 1);
  EXPECT_THROW(region_similarity(Mask{0}, Mask{0, 0}), Error);
}

TEST(BoundaryMap, LiesAtTheLeftAndAboveAChange) {
  const Mask mask = {0, 0, 0, 0, 1, 0, 0, 0, 0};
  EXPECT_EQ(boundary_map(mask, 3, 3), (Mask{1, 1, 0, 1, 1, 0, 0, 0, 0}));
}

TEST(BoundaryAccuracy, AShiftWithinTheToleranceIsPerfect) {
  const Mask truth = square(100, 20, 60), near = square(100, 21, 61), far = square(100, 25, 65);
  EXPECT_DOUBLE_EQ(boundary_accuracy(near, truth, 100, 100).f, 1);  // radius 2
  EXPECT_LT(boundary_accuracy(far, truth, 100, 100).f, 0.3);
  EXPECT_DOUBLE_EQ(boundary_accuracy(far, truth, 100, 100, 0.1).f, 1);
}

TEST(BoundaryAccuracy, EmptyMasksAreRightAboutNothing) {
  const Mask empty(100), full = square(10, 2, 6);
  EXPECT_DOUBLE_EQ(boundary_accuracy(empty, empty, 10, 10).f, 1);
  EXPECT_DOUBLE_EQ(boundary_accuracy(empty, full, 10, 10).f, 0);
  EXPECT_DOUBLE_EQ(boundary_accuracy(full, empty, 10, 10).precision, 0);
}

/// The definition: each boundary pixel looks at each of the other's.
double share_met(const Mask& points, const Mask& others, int64_t width, int64_t radius) {
  double met = 0, all = 0;
  for (size_t p = 0; p < points.size(); ++p) {
    if (!points[p]) continue;
    bool near = false;
    for (size_t o = 0; o < others.size(); ++o) {
      const int64_t dy = static_cast<int64_t>(p) / width - static_cast<int64_t>(o) / width,
                    dx = static_cast<int64_t>(p) % width - static_cast<int64_t>(o) % width;
      near = near || (others[o] && dx * dx + dy * dy <= radius * radius);
    }
    met += near;
    ++all;
  }
  return met / all;
}

TEST(BoundaryAccuracy, EqualsTheDefinitionOnRandomMasks) {
  const int64_t height = 23, width = 31;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Random random(seed);
    Mask pred(height * width), truth(pred.size());
    for (auto& p : pred) p = random.chance(0.02);
    for (auto& t : truth) t = random.chance(0.02);
    for (const int64_t radius : {1, 2, 5}) {
      const auto ours = boundary_accuracy(
          pred, truth, height, width, (static_cast<double>(radius) - 0.5) / std::hypot(23, 31));
      const Mask of_pred = boundary_map(pred, height, width),
                 of_truth = boundary_map(truth, height, width);
      EXPECT_DOUBLE_EQ(ours.precision, share_met(of_pred, of_truth, width, radius)) << seed;
      EXPECT_DOUBLE_EQ(ours.recall, share_met(of_truth, of_pred, width, radius)) << seed;
    }
  }
}

TEST(TrackScores, DecayComparesTheFirstQuarterWithTheLast) {
  std::vector<double> values(9);
  std::iota(values.rbegin(), values.rend(), 0);
  for (double& v : values) v /= 8;  // 1, 0.875, ..., 0
  const TrackScores scores = track_scores(values);
  EXPECT_DOUBLE_EQ(scores.mean, 0.5);
  EXPECT_DOUBLE_EQ(scores.recall, 4.0 / 9);
  EXPECT_DOUBLE_EQ(scores.decay, 0.875 - 0.125);  // frames 0 to 2 against 6 to 8
  EXPECT_TRUE(std::isnan(track_scores({}).mean));
}

}  // namespace
}  // namespace troodon::metrics
