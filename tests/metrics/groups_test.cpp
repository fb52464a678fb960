#include "metrics/groups.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::metrics {
namespace {

struct Table {
  std::vector<std::string> groups;
  std::vector<double> right;
};

/// `each` rows of every group, right with the group's probability.
Table table(std::vector<std::pair<std::string, double>> groups, int64_t each, uint64_t seed) {
  Random random(seed);
  Table out;
  for (int64_t i = 0; i < each; ++i) {
    for (const auto& [name, share] : groups) {
      out.groups.push_back(name);
      out.right.push_back(random.chance(share));
    }
  }
  return out;
}

double mean(std::span<const int64_t> rows, const std::vector<double>& values) {
  double sum = 0;
  for (const int64_t row : rows) sum += values[row];
  return sum / static_cast<double>(rows.size());
}

TEST(Groups, TheWorstServedComeFirst) {
  const std::vector<std::string> groups = {"a", "b", "a", "b", "c"};
  const std::vector<double> right = {1, 0, 1, 1, 0};
  const auto report = groups_of(groups, right, {.samples = 0, .few = 1});
  ASSERT_EQ(report.groups.size(), 3);
  EXPECT_EQ(report.groups[0].name, "c");
  EXPECT_EQ(report.groups[1].name, "b");
  EXPECT_EQ(report.groups[1].count, 2);
  EXPECT_DOUBLE_EQ(report.groups[1].estimate.value, 0.5);
  EXPECT_DOUBLE_EQ(report.overall.value, 0.6);
  EXPECT_DOUBLE_EQ(report.gap.value, 1);
  EXPECT_DOUBLE_EQ(report.ratio.value, 0);
  EXPECT_TRUE(std::isnan(report.overall.low));
}

TEST(Groups, ForErrorsTheWorstIsTheLargest) {
  const std::vector<std::string> groups = {"a", "b"};
  const std::vector<double> error = {1, 4};
  const auto report = groups_of(groups, error, {.samples = 0, .higher_is_better = false, .few = 1});
  EXPECT_EQ(report.groups[0].name, "b");
  EXPECT_DOUBLE_EQ(report.gap.value, 3);
  EXPECT_DOUBLE_EQ(report.ratio.value, 4);
}

TEST(Groups, SmallOnesAreFlaggedAndDoNotMakeTheGap) {
  Table t = table({{"a", 0.5}, {"b", 0.9}}, 50, 1);
  t.groups.push_back("tiny");
  t.right.push_back(0);
  const auto report = groups_of(t.groups, t.right, {.samples = 100});
  EXPECT_EQ(report.groups[0].name, "tiny");
  EXPECT_TRUE(report.groups[0].too_few);
  EXPECT_FALSE(report.groups[1].too_few);
  EXPECT_DOUBLE_EQ(report.gap.value,
                   report.groups[2].estimate.value - report.groups[1].estimate.value);
}

TEST(Groups, AnyMetricGivesTheIntervalsOfItsMean) {
  const Table t = table({{"a", 0.6}, {"b", 0.8}}, 200, 2);
  const auto fast = groups_of(t.groups, t.right, {.samples = 200, .seed = 5});
  const auto any = groups_of(
      t.groups, [&](auto rows) { return mean(rows, t.right); }, {.samples = 200, .seed = 5});
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(any.groups[i].name, fast.groups[i].name);
    EXPECT_DOUBLE_EQ(any.groups[i].estimate.low, fast.groups[i].estimate.low);
    EXPECT_DOUBLE_EQ(any.groups[i].estimate.high, fast.groups[i].estimate.high);
  }
  EXPECT_DOUBLE_EQ(any.gap.low, fast.gap.low);
  EXPECT_DOUBLE_EQ(any.ratio.high, fast.ratio.high);
}

TEST(Groups, AnyNumberOfThreadsDrawsTheSame) {
  const Table t = table({{"a", 0.6}, {"b", 0.8}}, 40, 3);
  const auto one = groups_of(t.groups, t.right, {.samples = 50, .threads = 1}),
             many = groups_of(t.groups, t.right, {.samples = 50, .threads = 7}),
             other = groups_of(t.groups, t.right, {.samples = 50, .seed = 1});
  EXPECT_EQ(one.overall.low, many.overall.low);
  EXPECT_EQ(one.gap.high, many.gap.high);
  EXPECT_NE(one.gap.high, other.gap.high);
}

TEST(Groups, IntervalsAreAsWideAsTheBinomialAndHoldTheTruth) {
  int held = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Table t = table({{"a", 0.7}, {"b", 0.7}}, 150, 100 + seed);
    const auto report = groups_of(t.groups, t.right, {.samples = 1000, .seed = seed});
    const auto& estimate = report.groups[0].estimate;
    const double deviation = std::sqrt(estimate.value * (1 - estimate.value) / 150);
    // The ends of 1000 draws scatter by about 5 % of the width.
    EXPECT_NEAR(estimate.high - estimate.low, 2 * 1.96 * deviation, 0.8 * deviation) << seed;
    held += report.overall.low <= 0.7 && 0.7 <= report.overall.high;
  }
  EXPECT_GE(held, 50);  // 57 of 60 are expected; 50 or fewer have a chance below 1 in 1000
}

TEST(Groups, RowsWithoutAValueDoNotCount) {
  const std::vector<std::string> groups = {"a", "a", "b"};
  const std::vector<double> values = {1, std::nan(""), std::nan("")};
  const auto report = groups_of(groups, values, {.samples = 10});
  EXPECT_DOUBLE_EQ(report.groups[0].estimate.value, 1);
  EXPECT_TRUE(std::isnan(report.groups[1].estimate.value));
  EXPECT_TRUE(std::isnan(report.gap.value));
}

TEST(Groups, NoRowsAreRefused) {
  EXPECT_THROW(groups_of({}, std::span<const double>()), Error);
  EXPECT_THROW(groups_of(std::vector<std::string>{"a"}, std::span<const double>()), Error);
}

}  // namespace
}  // namespace troodon::metrics
