#include "metrics/calibration.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::metrics {
namespace {

TEST(Calibration, OneBinIsWhatConfidenceAndAccuracyDifferBy) {
  const std::vector<float> p = {0.75F, 0.25F, 0.75F, 0.25F};
  const Calibration c = calibration_of(p, 2, std::vector<int64_t>{0, 1}, 1);
  EXPECT_DOUBLE_EQ(c.expected_error, 0.25);
  EXPECT_DOUBLE_EQ(c.maximum_error, 0.25);
  EXPECT_DOUBLE_EQ(c.bins[0].confidence, 0.75);
  EXPECT_DOUBLE_EQ(c.bins[0].accuracy, 0.5);
  EXPECT_NEAR(c.negative_log_likelihood, -(std::log(0.75) + std::log(0.25)) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(c.brier, (2 * 0.0625 + 2 * 0.5625) / 2);
}

TEST(Calibration, DrawnFromTheirProbabilitiesLabelsAreCalibrated) {
  Random random(4);
  std::vector<float> honest, boastful;
  std::vector<int64_t> labels;
  for (int i = 0; i < 20000; ++i) {
    const double p = random.uniform();
    labels.push_back(random.chance(p));
    honest.insert(honest.end(), {static_cast<float>(1 - p), static_cast<float>(p)});
    const double more = p > 0.5 ? 0.99 : 0.01;
    boastful.insert(boastful.end(), {static_cast<float>(1 - more), static_cast<float>(more)});
  }
  const Calibration good = calibration_of(honest, 2, labels),
                    bad = calibration_of(boastful, 2, labels);
  EXPECT_LT(good.expected_error, 0.02);  // about 1 / sqrt(rows in a bin) of noise
  EXPECT_NEAR(bad.expected_error, 0.24, 0.02);
  EXPECT_LT(good.negative_log_likelihood, bad.negative_log_likelihood);
  EXPECT_LT(good.brier, bad.brier);
}

TEST(Calibration, CertaintyFallsInTheLastBinAndImpossibleLabelsStayFinite) {
  const Calibration c =
      calibration_of(std::vector<float>{1, 0, 1, 0}, 2, std::vector<int64_t>{0, 1});
  EXPECT_EQ(c.bins.back().count, 2);
  EXPECT_TRUE(std::isfinite(c.negative_log_likelihood));
  EXPECT_GT(c.negative_log_likelihood, 40);
}

TEST(Calibration, RowsWithoutAKnownLabelDoNotCount) {
  const std::vector<float> p = {0.75F, 0.25F, 0, 1};
  const Calibration c = calibration_of(p, 2, std::vector<int64_t>{0, -1});
  EXPECT_DOUBLE_EQ(c.expected_error, 0.25);
  const Calibration none = calibration_of(p, 2, std::vector<int64_t>{-1, 2});
  EXPECT_TRUE(std::isnan(none.expected_error) && std::isnan(none.brier));
  EXPECT_THROW(calibration_of(p, 3, std::vector<int64_t>{0}), Error);
  EXPECT_THROW(calibration_of(p, 2, std::vector<int64_t>{0, 1}, 0), Error);
}

}  // namespace
}  // namespace troodon::metrics
