#include "explore/duplicates.hpp"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "image/resize.hpp"

namespace troodon::explore {
namespace {

/// Unit vectors in the plane at these angles, degrees.
std::vector<float> at_angles(const std::vector<double>& degrees) {
  std::vector<float> out;
  for (const double angle : degrees) {
    out.push_back(static_cast<float>(std::cos(angle * 0.017453293)));
    out.push_back(static_cast<float>(std::sin(angle * 0.017453293)));
  }
  return out;
}

std::vector<std::vector<int64_t>> rows_of(const std::vector<DuplicateGroup>& groups) {
  std::vector<std::vector<int64_t>> out;
  for (const auto& group : groups) out.push_back(group.rows);
  return out;
}

TEST(Duplicates, FallIntoTheStrictestTierThatHoldsForAll) {
  // cos 1 degree is 0.9998, cos 20 degrees 0.94, cos 90 degrees 0.
  const auto unit = at_angles({0, 1, 90, 110, 200, 200});
  std::vector<PictureFacts> facts(6);
  facts[4].content = facts[5].content = 77;
  const Matrix matrix{unit.data(), 6, 2};
  const auto same = duplicates(matrix, facts, Tier::same);
  EXPECT_EQ(rows_of(same), (std::vector<std::vector<int64_t>>{{0, 1}, {2, 3}, {4, 5}}));
  EXPECT_EQ(same[0].tier, Tier::copy);
  EXPECT_EQ(same[1].tier, Tier::same);
  EXPECT_NEAR(same[1].least, 0.9397, 1e-3);
  EXPECT_EQ(same[2].tier, Tier::identical);
  EXPECT_EQ(rows_of(duplicates(matrix, facts, Tier::copy)),
            (std::vector<std::vector<int64_t>>{{0, 1}, {4, 5}}));
  EXPECT_EQ(rows_of(duplicates(matrix, facts, Tier::identical)),
            (std::vector<std::vector<int64_t>>{{4, 5}}));
}

TEST(Duplicates, DoNotSnake) {
  // Each is within 20 degrees of the next, the first 100 degrees from the last.
  std::vector<double> angles;
  for (int i = 0; i <= 10; ++i) angles.push_back(10 * i);
  const auto unit = at_angles(angles);
  const auto groups = duplicates({unit.data(), 11, 2}, {}, Tier::same);
  size_t rows = 0;
  for (const auto& group : groups) {
    EXPECT_GE(group.least, 0.9F);
    rows += group.rows.size();
  }
  EXPECT_GE(groups.size(), 3U);
  EXPECT_GE(rows, 9U);
}

TEST(Duplicates, KeepMostPixelsThenBytesThenTheShortestPath) {
  const auto unit = at_angles({0, 0, 0, 0});
  std::vector<PictureFacts> facts = {{.path = "a.jpg", .pixels = 100, .bytes = 9},
                                     {.path = "longer.jpg", .pixels = 200, .bytes = 5},
                                     {.path = "b.jpg", .pixels = 200, .bytes = 5},
                                     {.path = "c.jpg", .pixels = 200, .bytes = 4}};
  const auto groups = duplicates({unit.data(), 4, 2}, facts, Tier::copy);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].keep(), 2);
  EXPECT_EQ(groups[0].rows, (std::vector<int64_t>{2, 0, 1, 3}));
}

TEST(Duplicates, AreFoundByFingerprintsWithoutVectors) {
  image::Image scene(200, 160), other(200, 160);
  Random random(1);
  for (image::Image* picture : {&scene, &other}) {
    image::Image small(10, 8);
    for (uint8_t& value : small.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
    *picture = image::resize(small, 200, 160);
  }
  const std::vector<fingerprint::Fingerprint> prints = {
      fingerprint::fingerprint_of(scene),
      fingerprint::fingerprint_of(other),
      fingerprint::fingerprint_of(image::resize(scene, 97, 80))};
  std::vector<PictureFacts> facts;
  for (const auto& print : prints) facts.push_back({.print = &print});
  const auto groups = duplicates({}, facts, Tier::copy);
  ASSERT_EQ(rows_of(groups), (std::vector<std::vector<int64_t>>{{0, 2}}));
  EXPECT_EQ(groups[0].tier, Tier::copy);
  EXPECT_TRUE(duplicates({}, facts, Tier::identical).empty());
}

/// Complete linkage without any cleverness: of all sets whose every pair is alike two join, the
/// strongest link first.
TEST(Duplicates, AreWhatAPlainLinkageFinds) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    std::vector<double> angles;
    for (int i = 0; i < 40; ++i) angles.push_back(random.uniform(0, 300));
    const auto unit = at_angles(angles);
    const auto groups = duplicates({unit.data(), 40, 2}, {}, Tier::same);
    std::vector<int> group(40, -1);
    for (size_t g = 0; g < groups.size(); ++g)
      for (const int64_t row : groups[g].rows)
        group[static_cast<size_t>(row)] = static_cast<int>(g);
    const auto alike = [&](size_t i, size_t j) {
      return std::cos((angles[i] - angles[j]) * 0.017453293) >= 0.9;
    };
    for (size_t i = 0; i < 40; ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (group[i] >= 0 && group[i] == group[j]) {
          EXPECT_TRUE(alike(i, j)) << seed;
        }
        // Two that are alone and alike would have joined.
        if (group[i] < 0 && group[j] < 0) {
          EXPECT_FALSE(alike(i, j)) << seed;
        }
      }
    }
  }
}

TEST(Tier, IsReadByItsName) {
  EXPECT_EQ(tier_named("copy"), Tier::copy);
  EXPECT_THROW((void)tier_named("twin"), Error);
}

}  // namespace
}  // namespace troodon::explore
