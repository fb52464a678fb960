#include "match/verify.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace troodon::match {
namespace {

constexpr Transform kHomography = {1.1, 0.2, 5, -0.1, 0.9, 12, 4e-4, -2e-4, 1};
constexpr Transform kAffine = {0.8, -0.3, 20, 0.25, 1.2, -4, 0, 0, 1};

struct Cloud {
  std::vector<Point> from, to;
};

/// 60 pairs on a map, then `wrong` that lie anywhere.
Cloud cloud(const Transform& map, int wrong) {
  Random random(3);
  Cloud out;
  for (int i = 0; i < 60 + wrong; ++i) {
    out.from.push_back({random.uniform(0, 300), random.uniform(0, 200)});
    out.to.push_back(i < 60 ? moved(map, out.from.back())
                            : Point{random.uniform(0, 300), random.uniform(0, 200)});
  }
  return out;
}

TEST(VerifyTest, AMapIsFoundAmongTwiceAsManyWrongPairs) {
  for (const auto kind : {Verify::affine, Verify::homography}) {
    const Transform& truth = kind == Verify::affine ? kAffine : kHomography;
    const Cloud pairs = cloud(truth, 120);
    const auto fit = fit_transform(pairs.from, pairs.to, {.kind = kind, .tolerance = 2});
    ASSERT_TRUE(fit.has_value());
    EXPECT_GE(fit->inliers, 60);
    EXPECT_LE(fit->inliers, 66);  // a few wrong pairs lie near by chance
    for (size_t i = 0; i < 60; ++i) {
      EXPECT_EQ(fit->inlier[i], 1);
      EXPECT_LT(distance(moved(fit->transform, pairs.from[i]), pairs.to[i]), 0.5);
    }
  }
}

TEST(VerifyTest, LeastSquaresAreExactOnExactPairs) {
  const Cloud pairs = cloud(kHomography, 0);
  const auto fit = least_squares(Verify::homography, pairs.from, pairs.to);
  ASSERT_TRUE(fit.has_value());
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR((*fit)[i], kHomography[i], 1e-6);
}

TEST(VerifyTest, TheSameSeedGivesTheSameFit) {
  const Cloud pairs = cloud(kAffine, 200);
  const auto one = fit_transform(pairs.from, pairs.to, {.seed = 5}),
             two = fit_transform(pairs.from, pairs.to, {.seed = 5});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->transform, two->transform);
}

TEST(VerifyTest, TooFewPairsOrPairsOnALineGiveNone) {
  const std::vector<Point> three = {{0, 0}, {10, 0}, {0, 10}},
                           line = {{0, 0}, {1, 1}, {2, 2}, {3, 3}};
  EXPECT_FALSE(fit_transform(three, three, {.kind = Verify::homography}).has_value());
  EXPECT_TRUE(fit_transform(three, three, {.kind = Verify::affine}).has_value());
  EXPECT_FALSE(fit_transform(line, line, {.kind = Verify::affine}).has_value());
}

}  // namespace
}  // namespace troodon::match
