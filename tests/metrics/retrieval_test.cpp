#include "metrics/retrieval.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

using Lists = std::vector<std::vector<int64_t>>;
const std::vector<int64_t> kKappas = {1, 5};

TEST(Revisited, RowsOfNoInterestAreAsIfNotThere) {
  const Lists with = {{9, 1, 8, 2}}, without = {{1, 2, 9, 8}};
  const std::vector<QueryTruth> truths = {{.easy = {1, 2}, .hard = {8}, .junk = {9}}};
  const auto a = revisited(with, truths, Difficulty::easy, kKappas),
             b = revisited(without, truths, Difficulty::easy, kKappas);
  EXPECT_DOUBLE_EQ(a.map, 1);
  EXPECT_EQ(a.map, b.map);
  EXPECT_EQ(a.precision_at, b.precision_at);
}

TEST(Revisited, TakesTheTrapezoidUnderTheRecallSteps) {
  const Lists ranks = {{0, 1, 2}};
  const std::vector<QueryTruth> truths = {{.easy = {}, .hard = {1}, .junk = {}}};
  const auto scores = revisited(ranks, truths, Difficulty::hard, kKappas);
  EXPECT_DOUBLE_EQ(scores.map, (0.0 + 0.5) / 2);  // precision 0 before, 1/2 after
  EXPECT_DOUBLE_EQ(scores.precision_at[0], 0);
  EXPECT_DOUBLE_EQ(scores.precision_at[1], 0.5);  // the last wanted row is the second
}

TEST(Revisited, QueriesWithNothingToFindDoNotCount) {
  const Lists ranks = {{0, 1}, {0, 1}};
  const std::vector<QueryTruth> truths = {{.easy = {0}, .hard = {}, .junk = {}},
                                          {.easy = {}, .hard = {1}, .junk = {}}};
  const auto scores = revisited(ranks, truths, Difficulty::easy, kKappas);
  EXPECT_DOUBLE_EQ(scores.map, 1);
  EXPECT_TRUE(std::isnan(scores.aps[1]));
  EXPECT_DOUBLE_EQ(revisited(ranks, truths, Difficulty::medium, kKappas).map, (1 + 0.25) / 2);
  EXPECT_THROW(revisited(ranks, {}, Difficulty::easy, kKappas), Error);
}

TEST(MeanAveragePrecisionAt, CountsOnlyTheFirstK) {
  const Lists ranks = {{3, 0, 1}, {5, 6, 7}}, relevant = {{0, 1}, {}};
  EXPECT_DOUBLE_EQ(mean_average_precision_at(3, ranks, relevant), (0.5 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(mean_average_precision_at(2, ranks, relevant), 0.5 / 2);
  EXPECT_DOUBLE_EQ(mean_average_precision_at(1, ranks, relevant), 0);
}

TEST(MicroAveragePrecision, NegativesComeFirstAmongEqualScores) {
  const std::vector<double> scores = {0.5, 0.5, 0.9};
  const auto first = micro_average_precision(scores, std::vector<uint8_t>{1, 0, 1}, 2),
             second = micro_average_precision(scores, std::vector<uint8_t>{0, 1, 1}, 2);
  EXPECT_DOUBLE_EQ(first.value, 0.5 + 0.5 * 2 / 3);
  EXPECT_DOUBLE_EQ(second.value, first.value);
}

TEST(MicroAveragePrecision, MissedPairsCostRecall) {
  const std::vector<double> scores = {1};
  const auto scored = micro_average_precision(scores, std::vector<uint8_t>{1}, 4);
  EXPECT_DOUBLE_EQ(scored.value, 0.25);
  EXPECT_THROW(micro_average_precision(scores, std::vector<uint8_t>{1}, 0), Error);
  EXPECT_THROW(micro_average_precision(scores, {}, 1), Error);
}

TEST(GlobalAveragePrecision, ConfidentMistakesCostMore) {
  const std::vector<double> confidence = {0.9, 0.5, 0.1};
  const double mistake_last =
      global_average_precision(confidence, std::vector<uint8_t>{1, 1, 0}, 2);
  const double mistake_first =
      global_average_precision(confidence, std::vector<uint8_t>{0, 1, 1}, 2);
  EXPECT_DOUBLE_EQ(mistake_last, 1);
  EXPECT_DOUBLE_EQ(mistake_first, (0.5 + 2.0 / 3) / 2);
}

}  // namespace
}  // namespace troodon::metrics
