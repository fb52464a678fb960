#include "metrics/depth.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

TEST(Depth, AConstantFactorIsALogErrorWithoutDeviation) {
  const std::vector<double> truth = {1, 2, 4, 5}, pred = {1.2, 2.4, 4.8, 6};
  const DepthScores s = depth_scores(pred, truth, 2, 2);
  EXPECT_DOUBLE_EQ(s.a1, 1);
  EXPECT_NEAR(s.abs_rel, 0.2, 1e-12);
  EXPECT_NEAR(s.rmse_log, std::log(1.2), 1e-12);
  EXPECT_NEAR(s.log10, std::log10(1.2), 1e-12);
  EXPECT_NEAR(s.silog, 0, 1e-5);
  EXPECT_NEAR(s.rmse, std::sqrt((0.04 + 0.16 + 0.64 + 1) / 4), 1e-12);
  EXPECT_NEAR(s.sq_rel, (0.04 + 0.08 + 0.16 + 0.2) / 4, 1e-12);
}

TEST(Depth, TruthOutsideTheRangeDoesNotCount) {
  const std::vector<float> truth = {0, 1, 10, 80}, pred = {5, 1, 5, 5};
  EXPECT_EQ(depth_scores(pred, truth, 1, 4).pixels, 1);
  EXPECT_EQ(depth_scores(pred, truth, 1, 4).rmse, 0);
  EXPECT_EQ(depth_scores(pred, truth, 1, 4, {.range = {.max = 100}}).pixels, 3);
}

/// Pixels that count of a picture full of truth.
int64_t counted(int64_t height, int64_t width, DepthCrop crop) {
  const std::vector<float> ones(static_cast<size_t>(height * width), 1.0F);
  return depth_scores(ones, ones, height, width, {.crop = crop}).pixels;
}

TEST(Depth, CropsCountTheRowsAndColumnsOfThePapers) {
  EXPECT_EQ(counted(480, 640, DepthCrop::none), 480 * 640);
  EXPECT_EQ(counted(480, 640, DepthCrop::nyu), (471 - 45) * (601 - 41));
  EXPECT_EQ(counted(960, 1280, DepthCrop::nyu), 2 * (471 - 45) * 2 * (601 - 41));
  EXPECT_EQ(counted(352, 1216, DepthCrop::garg), (349 - 143) * (1172 - 43));
}

TEST(Depth, PredictionsAtZeroCountAsTheLeastDepth) {
  const std::vector<float> truth = {1}, pred = {0};
  EXPECT_NEAR(depth_scores(pred, truth, 1, 1).rmse_log, std::log(1000), 1e-9);
}

TEST(Depth, NaNPredictionsAndOtherSizesAreRefused) {
  const std::vector<float> truth = {1}, pred = {std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THROW(depth_scores(pred, truth, 1, 1), Error);
  EXPECT_THROW(depth_scores(truth, truth, 1, 2), Error);
}

TEST(Depth, PicturesWithoutTruthDoNotChangeTheMean) {
  const std::vector<float> some = {1, 2}, none = {0, 0}, pred = {2, 2};
  const std::array pictures = {depth_scores(pred, some, 1, 2), depth_scores(pred, none, 1, 2)};
  EXPECT_TRUE(std::isnan(pictures[1].rmse) && std::isnan(pictures[1].silog));
  EXPECT_DOUBLE_EQ(mean_of(pictures).rmse, pictures[0].rmse);
  EXPECT_EQ(mean_of(pictures).pixels, 2);
}

}  // namespace
}  // namespace troodon::metrics
