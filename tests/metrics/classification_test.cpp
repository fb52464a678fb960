#include "metrics/classification.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

TEST(Accuracy, CountsClassesApart) {
  const std::vector<float> p = {0.7F, 0.3F, 0.6F, 0.4F, 0.9F, 0.1F, 0.2F, 0.8F};
  const std::vector<int64_t> labels = {0, 0, 1, -1};
  const Accuracy accuracy = accuracy_of(p, 2, labels);
  EXPECT_DOUBLE_EQ(accuracy.top1, 0.5);
  EXPECT_DOUBLE_EQ(accuracy.top5, 0.75);
  EXPECT_DOUBLE_EQ(accuracy.macro_top1, 0.5);
  EXPECT_DOUBLE_EQ(accuracy.class_top1[0], 1);
  EXPECT_DOUBLE_EQ(accuracy.class_top1[1], 0);
}

TEST(Accuracy, AbsentClassesDoNotCount) {
  const std::vector<float> p = {0, 0, 1};
  const std::vector<int64_t> labels = {2};
  const Accuracy accuracy = accuracy_of(p, 3, labels);
  EXPECT_TRUE(std::isnan(accuracy.class_top1[0]));
  EXPECT_DOUBLE_EQ(accuracy.macro_top1, 1);
}

TEST(Accuracy, EqualProbabilitiesGoByTheLowerClass) {
  const std::vector<float> p(7, 0.0F);
  EXPECT_EQ(accuracy_of(p, 7, std::vector<int64_t>{4}).top5, 1);
  EXPECT_EQ(accuracy_of(p, 7, std::vector<int64_t>{5}).top5, 0);
  EXPECT_EQ(accuracy_of(p, 7, std::vector<int64_t>{0}).top1, 1);
}

TEST(Accuracy, RefusesScoresThatAreNoWholeRows) {
  const std::vector<float> p(5);
  EXPECT_THROW(accuracy_of(p, 2, std::vector<int64_t>{0, 1}), Error);
  EXPECT_THROW(accuracy_of(p, 0, std::vector<int64_t>{}), Error);
}

TEST(Confusion, CountsWhatWasTakenForWhat) {
  const std::vector<float> p = {0.7F, 0.3F, 0.4F, 0.6F, 0.1F, 0.9F, 0.5F, 0.5F, 1, 0};
  const std::vector<int64_t> labels = {0, 0, 1, 1, -1};
  EXPECT_EQ(confusion_of(p, 2, labels), (std::vector<int64_t>{1, 1, 1, 1}));
}

TEST(Softmax, HugeLogitsStayFinite) {
  const std::vector<float> logits = {1000, 1000, 0, -1000, 0, 0};
  const auto p = softmax_rows(logits, 2);
  EXPECT_FLOAT_EQ(p[0], 0.5F);
  EXPECT_FLOAT_EQ(p[2], 1);
  EXPECT_FLOAT_EQ(p[4] + p[5], 1);
}

TEST(AveragePrecision, AddsPrecisionAtEachRightOne) {
  const std::vector<double> scores = {0.1, 0.4, 0.35, 0.8};
  const std::vector<uint8_t> positive = {0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(average_precision(scores, positive), 0.5 * 1 + 0.5 * 2 / 3);
}

TEST(AveragePrecision, EqualScoresCountTogetherInWhateverOrderTheyCome) {
  const std::vector<double> scores(4, 0.5);
  EXPECT_DOUBLE_EQ(average_precision(scores, std::vector<uint8_t>{1, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(average_precision(scores, std::vector<uint8_t>{0, 0, 0, 1}), 0.25);
  EXPECT_TRUE(std::isnan(average_precision(scores, std::vector<uint8_t>(4))));
}

}  // namespace
}  // namespace troodon::metrics
