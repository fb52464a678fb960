#include "metrics/segmentation.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

TEST(PixelCounts, AreasAddUpOverPictures) {
  PixelCounts counts(3);
  counts.add(std::vector<int32_t>{0, 0, 1}, std::vector<int32_t>{0, 1, 1});
  counts.add(std::vector<int32_t>{1}, std::vector<int32_t>{0});
  const auto scores = counts.scores();
  EXPECT_DOUBLE_EQ(scores.iou[0], 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.iou[1], 1.0 / 3);
  EXPECT_TRUE(std::isnan(scores.iou[2]) && std::isnan(scores.accuracy[2]));
  EXPECT_DOUBLE_EQ(scores.miou, 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.macc, 0.5);
  EXPECT_DOUBLE_EQ(scores.aacc, 0.5);
}

TEST(PixelCounts, IgnoredTruthDoesNotCount) {
  PixelCounts counts(2), other(2, {.ignore = 1});
  counts.add(std::vector<int32_t>{0, 1, 1}, std::vector<int32_t>{0, 255, 1});
  EXPECT_DOUBLE_EQ(counts.scores().miou, 1);
  other.add(std::vector<int32_t>{0, 1, 1}, std::vector<int32_t>{0, 0, 1});
  EXPECT_DOUBLE_EQ(other.scores().iou[0], 0.5);
  EXPECT_DOUBLE_EQ(other.scores().iou[1], 0);
}

TEST(PixelCounts, WhatIsPredictedOnATruthOfNoClassCountsAgainstTheClass) {
  PixelCounts counts(2);
  counts.add(std::vector<int32_t>{0, 0}, std::vector<int32_t>{0, 7});
  EXPECT_DOUBLE_EQ(counts.scores().iou[0], 0.5);
  EXPECT_DOUBLE_EQ(counts.scores().accuracy[0], 1);
}

TEST(PixelCounts, ReducedZeroLabelShiftsTheClasses) {
  PixelCounts counts(2, {.reduce_zero_label = true});
  counts.add(std::vector<int32_t>{0, 0, 1, 1}, std::vector<int32_t>{0, 1, 2, 255});
  EXPECT_DOUBLE_EQ(counts.scores().miou, 1);
  EXPECT_DOUBLE_EQ(counts.scores().aacc, 1);
}

TEST(PixelCounts, PartsJoinToTheSameCounts) {
  PixelCounts whole(2), left(2), right(2);
  const std::vector<int32_t> pred = {0, 1, 0, 1}, truth = {0, 0, 1, 1};
  whole.add(pred, truth);
  left.add(std::span(pred).first(3), std::span(truth).first(3));
  right.add(std::span(pred).last(1), std::span(truth).last(1));
  left.add(right);
  EXPECT_EQ(left.scores().iou, whole.scores().iou);
  EXPECT_THROW(left.add(PixelCounts(3)), Error);
  EXPECT_THROW(left.add(pred, std::span(truth).first(2)), Error);
}

}  // namespace
}  // namespace troodon::metrics
