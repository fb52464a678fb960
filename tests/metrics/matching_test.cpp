#include "metrics/matching.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

TEST(Pck, CountsPointsWithinReach) {
  const std::vector<Point> truth = {{0, 0}, {10, 10}}, predicted = {{3, 4}, {10, 15.1}};
  EXPECT_DOUBLE_EQ(pck(predicted, truth, 50, 0.1), 0.5);  // reach 5: the edge counts
  EXPECT_DOUBLE_EQ(pck(predicted, truth, 51, 0.1), 1);
  EXPECT_THROW(pck(predicted, {}, 50), Error);
}

TEST(Pck, HiddenPointsDoNotCount) {
  const double hidden = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Point> truth = {{0, 0}, {hidden, 0}}, predicted = {{0, 0}, {0, 0}};
  EXPECT_DOUBLE_EQ(pck(predicted, truth, 1), 1);
  EXPECT_TRUE(std::isnan(pck({}, {}, 1)));
}

TEST(Pck, PairsWithFewPointsWeighMoreByPairThanByPoint) {
  const std::vector<PointPair> pairs = {
      {.predicted = {{0, 0}}, .truth = {{0, 0}}, .extent = 10},
      {.predicted = {{9, 0}, {9, 0}, {0, 0}}, .truth = {{0, 0}, {0, 0}, {0, 0}}, .extent = 10}};
  const PckScores scores = pck_of(pairs);
  EXPECT_DOUBLE_EQ(scores.per_pair, (1 + 1.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(scores.per_point, 0.5);
  EXPECT_EQ(scores.points, 4);
}

}  // namespace
}  // namespace troodon::metrics
