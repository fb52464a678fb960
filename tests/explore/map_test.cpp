#include "explore/map.hpp"

#include <array>
#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "explore/blobs.hpp"

namespace troodon::explore {
namespace {

std::array<double, 4> frame_of(const std::vector<float>& places) {
  std::array<double, 4> out = {9, -9, 9, -9};
  for (size_t i = 0; i < places.size(); ++i) {
    auto &low = out[2 * (i % 2)], &high = out[2 * (i % 2) + 1];
    low = std::min<double>(low, places[i]), high = std::max<double>(high, places[i]);
  }
  return out;
}

TEST(Map, KeepsNeighboursBetterThanPrincipalComponents) {
  for (const int64_t count : {30, 60}) {
    const auto features = blobs(600, count, 32, 0.3, 1);
    const Matrix unit = features.matrix();
    const double ours = trustworthiness(unit, map(unit, neighbourhood(unit)));
    const double pca = trustworthiness(unit, pca_map(unit));
    EXPECT_GT(ours, pca + 0.03) << count;
  }
}

TEST(Map, PutsRowsOfABlobBesideEachOther) {
  const auto features = blobs(600, 12, 32, 0.3, 2);
  const Matrix unit = features.matrix();
  const auto places = map(unit, neighbourhood(unit));
  int64_t together = 0;
  for (int64_t i = 0; i < 600; ++i) {
    double least = 1e9;
    int64_t nearest = -1;
    for (int64_t j = 0; j < 600; ++j) {
      const double far =
          std::hypot(places[2 * i] - places[2 * j], places[2 * i + 1] - places[2 * j + 1]);
      if (i != j && far < least) least = far, nearest = j;
    }
    together += nearest % 12 == i % 12;
  }
  EXPECT_GT(together, 590);
}

TEST(Map, FillsItsFrameAndIsTheSameAgain) {
  const auto features = blobs(300, 4, 16, 0.5, 3);
  const Matrix unit = features.matrix();
  const auto near = neighbourhood(unit);
  const auto places = map(unit, near);
  const auto [left, right, bottom, top] = frame_of(places);
  EXPECT_NEAR(std::max(right - left, top - bottom), 2, 1e-5);
  EXPECT_NEAR(left + right, 0, 1e-5);
  EXPECT_NEAR(bottom + top, 0, 1e-5);
  EXPECT_EQ(places, map(unit, near));
  EXPECT_NE(places, map(unit, near, {.seed = 1}));
}

TEST(Map, OfFewOrEqualRowsIsFinite) {
  for (const int64_t rows : {0, 1, 2, 3, 5}) {
    const auto features = blobs(rows, 1, 8, 0.5, 4);
    const Matrix unit = features.matrix();
    const auto places = map(unit, neighbourhood(unit));
    ASSERT_EQ(places.size(), static_cast<size_t>(2 * rows));
    for (const float value : places) EXPECT_LE(std::abs(value), 1) << rows;
  }
  index::Features equal{.rows = 40, .dim = 2};
  for (int i = 0; i < 40; ++i) equal.values.insert(equal.values.end(), {1, 0});
  for (const float value : map(equal.matrix(), neighbourhood(equal.matrix())))
    EXPECT_LE(std::abs(value), 1);
}

TEST(Trustworthiness, IsOneOfAFaithfulMapAndAHalfOfChance) {
  index::Features arc{.rows = 100, .dim = 2};
  std::vector<float> line, chance;
  Random random(5);
  for (int i = 0; i < 100; ++i) {
    arc.values.push_back(std::cos(0.01F * static_cast<float>(i)));
    arc.values.push_back(std::sin(0.01F * static_cast<float>(i)));
    line.insert(line.end(), {static_cast<float>(i), 0});
    for (int k = 0; k < 2; ++k) chance.push_back(static_cast<float>(random.uniform()));
  }
  // Neighbours left and right are equally near on the line, on the arc but for rounding.
  EXPECT_NEAR(trustworthiness(arc.matrix(), line, 6), 1, 0.002);
  EXPECT_NEAR(trustworthiness(arc.matrix(), chance, 6), 0.5, 0.08);
  EXPECT_THROW((void)trustworthiness(arc.matrix(), line, 50), Error);
}

}  // namespace
}  // namespace troodon::explore
