#include "views/collate.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace troodon::views {
namespace {

TEST(Collate, LinspaceIsFloat32AndExactAtBothEnds) {
  EXPECT_EQ(linspace(0.1, 0.5, 5), (std::vector<float>{0.1F, 0.2F, 0.3F, 0.4F, 0.5F}));
  EXPECT_EQ(linspace(0.1, 0.5, 1), (std::vector<float>{0.1F}));
  for (const int64_t n : {2, 64, 65, 129}) {
    const auto values = linspace(0.1, 0.5, n);
    EXPECT_EQ(values.front(), 0.1F);
    EXPECT_EQ(values.back(), 0.5F);
    EXPECT_TRUE(std::ranges::is_sorted(values));
  }
}

TEST(Collate, HalfOfTheCropsAreMaskedWithinTheRatios) {
  SeededDraws draws(3);
  const CollateOptions options{.mask = {.max_block = 128}};
  const BatchMasks batch = collate_masks(128, options, draws);
  EXPECT_EQ(batch.upperbound, 4941);
  EXPECT_LE(batch.masked(), batch.upperbound);
  int masked_crops = 0;
  for (int64_t crop = 0; crop < 128; ++crop) {
    const auto count = std::accumulate(
        batch.masks.begin() + crop * 256, batch.masks.begin() + (crop + 1) * 256, 0);
    if (count == 0) continue;
    ++masked_crops;
    EXPECT_GE(count, 25 - 8);
    EXPECT_LE(count, 128);
  }
  EXPECT_EQ(masked_crops, 64);
}

TEST(Collate, WeightsOfACropSumToOne) {
  SeededDraws draws(4);
  const BatchMasks batch = collate_masks(6, {.mask = {.rows = 8, .columns = 8}}, draws);
  ASSERT_TRUE(std::is_sorted(batch.indices.begin(), batch.indices.end()));
  std::vector<double> sums(6);
  for (int64_t i = 0; i < batch.masked(); ++i) {
    EXPECT_EQ(batch.masks[batch.indices[i]], 1);
    sums[batch.indices[i] / 64] += batch.weights[i];
  }
  std::ranges::sort(sums);
  EXPECT_EQ(sums[2], 0);
  for (int i = 3; i < 6; ++i) EXPECT_NEAR(sums[i], 1, 1e-6);
}

TEST(Collate, ProbabilityZeroMasksNothing) {
  SeededDraws draws(5);
  const BatchMasks batch = collate_masks(4, {.probability = 0}, draws);
  EXPECT_EQ(batch.masked(), 0);
  EXPECT_EQ(batch.upperbound, 0);
  EXPECT_EQ(batch.masks.size(), 4 * 256);
}

TEST(CropStack, OrdersCropsBeforeSamples) {
  CropStack stack(3, 2, 4);
  EXPECT_EQ(stack.crops(), 6);
  EXPECT_EQ(stack.pixels.size(), 6 * 48);
  EXPECT_EQ(stack.at(2, 0) - stack.pixels.data(), 2 * 48);
  EXPECT_EQ(stack.at(0, 1) - stack.pixels.data(), 3 * 48);
}

}  // namespace
}  // namespace troodon::views
