#include "depth/scale.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::depth {
namespace {

/// Depths from 1 to 8, at random.
Map said(uint64_t seed) {
  Random random(seed);
  Map out{.width = 40, .height = 30, .metres = std::vector<float>(1200), .metric = false};
  for (float& value : out.metres) value = static_cast<float>(std::exp(random.uniform(0, 2.08)));
  return out;
}

/// Places with what `truth` says of them.
template <class Truth>
std::vector<Known> places(const Map& map, int count, const Truth& truth) {
  Random random(9);
  std::vector<Known> out;
  for (int i = 0; i < count; ++i) {
    const auto x = random.integer(0, map.width - 1), y = random.integer(0, map.height - 1);
    const double p = map.metres[static_cast<size_t>(y * map.width + x)];
    out.push_back({static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5, truth(p)});
  }
  return out;
}

TEST(Align, OfOnePlaceIsAFactor) {
  const Map map = said(1);
  for (const FitSpace space : {FitSpace::log, FitSpace::inverse}) {
    const Alignment found = align(map, places(map, 1, [](double p) { return 2.5 * p; }), space);
    const Map metres = aligned(map, found);
    EXPECT_TRUE(metres.metric);
    for (size_t i = 0; i < map.metres.size(); ++i)
      EXPECT_NEAR(metres.metres[i], 2.5 * map.metres[i], 1e-4);
  }
}

TEST(Align, FindsALineDespiteAThirdOfWrongDistances) {
  const Map map = said(2);
  const auto power = [](double p) { return 1.7 * std::pow(p, 1.3); };
  const auto disparity = [](double p) { return 1 / (0.4 / p + 0.05); };
  for (const bool inverse : {false, true}) {
    const auto truth = [&](double p) { return inverse ? disparity(p) : power(p); };
    auto known = places(map, 30, truth);
    Random random(4);
    for (size_t i = 0; i < 10; ++i) known[i].metres *= random.chance(0.5) ? 2 : 0.4;
    const Alignment found = align(map, known, inverse ? FitSpace::inverse : FitSpace::log);
    EXPECT_EQ(found.outliers, 10);
    EXPECT_EQ(found.used, 20);
    EXPECT_LT(found.error, 1e-4);
    const Map metres = aligned(map, found);
    for (size_t i = 0; i < map.metres.size(); ++i)
      EXPECT_NEAR(metres.metres[i] / truth(map.metres[i]), 1, 1e-3);
  }
}

TEST(Align, IsBetterThanItsNoisyDistances) {
  const Map map = said(3);
  Random random(5);
  const auto known =
      places(map, 60, [&](double p) { return 3 * p * std::exp(0.1 * random.normal()); });
  const Map metres = aligned(map, align(map, known));
  double worst = 0;
  for (size_t i = 0; i < map.metres.size(); ++i)
    worst = std::max(worst, std::abs(metres.metres[i] / (3.0 * map.metres[i]) - 1));
  EXPECT_LT(worst, 0.08);  // 0.1 / sqrt(60), and farther out at the ends: three times that and more
}

TEST(Align, OfPlacesOfOneDepthIsAFactor) {
  Map map{.width = 4, .height = 1, .metres = {2, 2.02F, 1.99F, 8}};
  const Alignment found = align(map, std::vector<Known>{{0, 0, 4}, {1, 0, 4.1}, {2, 0, 3.9}});
  EXPECT_EQ(found.a, 1);
  EXPECT_NEAR(aligned(map, found).metres[3], 16, 0.4);
}

TEST(Align, RefusesPlacesOffThePictureAndDistancesThatAreNone) {
  Map map{.width = 2, .height = 1, .metres = {2, 0}};
  EXPECT_THROW((void)align(map, std::vector<Known>{}), Error);
  EXPECT_THROW((void)align(map, std::vector<Known>{{2, 0, 1}}), Error);
  EXPECT_THROW((void)align(map, std::vector<Known>{{0, -1, 1}}), Error);
  EXPECT_THROW((void)align(map, std::vector<Known>{{0, 0, 0}}), Error);
  EXPECT_THROW((void)align(map, std::vector<Known>{{1, 0, 3}}), Error);
}

TEST(Aligned, SaysNothingWhereALineLeadsBehindTheCamera) {
  const Map map{.width = 2, .height = 1, .metres = {1, 100}};
  const Map metres = aligned(map, {.space = FitSpace::inverse, .a = 1, .b = -0.02});
  EXPECT_NEAR(metres.metres[0], 1 / 0.98, 1e-5);
  EXPECT_EQ(metres.metres[1], 0);
}

}  // namespace
}  // namespace troodon::depth
