#include "train/health.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace troodon::train {
namespace {

const Health kWell{.target_entropy = 0.6,
                   .prototype_use = 0.8,
                   .effective_rank = 40,
                   .feature_std = 0.9,
                   .nearest_distance = 0.8};

TEST(Health, TargetEntropyIsOneForUniformAndZeroForOneHotRows) {
  EXPECT_NEAR(target_entropy(torch::full({3, 8}, 1.0 / 8)), 1, 1e-6);
  EXPECT_NEAR(target_entropy(torch::eye(8)), 0, 1e-6);
}

TEST(Health, PrototypeUseSeesThatOneHotRowsMayStillUseAllPrototypes) {
  EXPECT_NEAR(prototype_use(torch::eye(8)), 1, 1e-6);
  EXPECT_NEAR(prototype_use(torch::eye(8)[0].expand({5, 8})), 0, 1e-6);
}

TEST(Health, EffectiveRankCountsOrthogonalDirections) {
  EXPECT_NEAR(effective_rank(torch::eye(6)), 6, 1e-9);
  EXPECT_NEAR(effective_rank(torch::ones({6, 6})), 1, 1e-6);
  EXPECT_EQ(effective_rank(torch::zeros({6, 6})), 0);
}

TEST(Health, OfFeaturesThatAreNotFiniteIsMeasuredWithoutAnError) {
  const torch::Tensor broken = torch::full({4, 6}, std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(measure_health(7, broken, torch::full({4, 8}, 1.0 / 8)).effective_rank));
}

TEST(Health, FeatureStdIsNearOneForIsotropicAndZeroForEqualFeatures) {
  torch::manual_seed(5);
  EXPECT_NEAR(feature_std(torch::randn({512, 64})), 1, 0.02);
  EXPECT_NEAR(feature_std(torch::ones({8, 64})), 0, 1e-6);
}

TEST(Health, NearestDistanceOfOrthogonalFeaturesIsRootTwo) {
  EXPECT_NEAR(nearest_distance(5 * torch::eye(4)), std::sqrt(2.0), 1e-5);
}

TEST(Diagnosis, OfAWellRunIsEmpty) {
  std::vector<double> falling;
  for (int i = 0; i < 300; ++i) falling.push_back(10 - 0.01 * i);
  EXPECT_TRUE(diagnose(falling, kWell).empty());
}

TEST(Diagnosis, NamesALossThatIsNotANumberAsFatal) {
  const auto found = diagnose({10, std::numeric_limits<double>::quiet_NaN()}, kWell);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].fatal);
}

TEST(Diagnosis, NamesAFlatLoss) {
  const auto found = diagnose(std::vector<double>(300, 9.0), kWell);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].text.find("optim.base_lr"), std::string::npos);
}

TEST(Diagnosis, NamesCollapsedFeatures) {
  const auto found = diagnose({}, measure_health(1, torch::ones({8, 16}), torch::eye(8)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].text.find("collapsed"), std::string::npos);
}

}  // namespace
}  // namespace troodon::train
