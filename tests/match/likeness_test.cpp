#include "match/likeness.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "match/consensus.hpp"
#include "match/pairs.hpp"

namespace troodon::match {
namespace {

/// Random unit features of a grid of `side` patches of 8 pixels.
Places random_places(int64_t side, uint64_t seed, int64_t dim = 16) {
  Places out{.rows = side,
             .columns = side,
             .dim = dim,
             .parts = {{dim, 1.0}},
             .width = static_cast<double>(8 * side),
             .height = static_cast<double>(8 * side)};
  Random random(seed);
  for (int64_t i = 0; i < side * side * dim; ++i)
    out.values.push_back(static_cast<float>(random.normal()));
  return out;
}

/// The same picture seen `right` and `down` patches further; what comes in new is random.
Places shifted(const Places& from, int64_t right, int64_t down, double noise = 0) {
  Places out = random_places(from.rows, 99, from.dim);
  Random random(7);
  for (int64_t r = 0; r < from.rows; ++r)
    for (int64_t c = 0; c < from.columns; ++c) {
      if (r - down < 0 || c - right < 0 || r - down >= from.rows || c - right >= from.columns)
        continue;
      const float* x = from.at(r - down, c - right);
      for (int64_t i = 0; i < from.dim; ++i)
        out.values[static_cast<size_t>((r * from.columns + c) * from.dim + i)] =
            x[i] + static_cast<float>(noise * random.normal());
    }
  return out;
}

double share_right(const Places& a, const Places& b, Point move, const LikenessOptions& options) {
  std::vector<Point> points;
  for (int64_t p = 0; p < a.count(); ++p) {
    const Point at = a.middle(p);
    if (at.x + move.x < a.width && at.y + move.y < a.height) points.push_back(at);
  }
  const auto found = carry_points(likeness(a, b, options), points);
  double right = 0;
  for (size_t i = 0; i < points.size(); ++i)
    right += distance(found[i].at, {points[i].x + move.x, points[i].y + move.y}) < 6 ? 1 : 0;
  return right / static_cast<double>(points.size());
}

TEST(LikenessTest, PointsFollowAShiftBetweenPatchCentres) {
  const Places a = random_places(12, 1), b = shifted(a, 2, 1);
  const Point points[] = {{20, 20}, {30.5, 41}, {52, 60}};
  const auto found = carry_points(likeness(a, b), points);
  ASSERT_EQ(found.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(found[i].at.x, points[i].x + 16, 4);
    EXPECT_NEAR(found[i].at.y, points[i].y + 8, 4);
    EXPECT_GT(found[i].score, 0.8);
    EXPECT_LT(found[i].cycle, 8);
  }
}

TEST(LikenessTest, NeighboursVotesFindWhatNoiseHidesFromEachPlaceAlone) {
  const Places a = random_places(16, 2, 8), b = shifted(a, 3, 2, 1.2);
  const double alone = share_right(a, b, {24, 16}, {.reach = 0});
  const double together = share_right(a, b, {24, 16}, {});
  EXPECT_LT(alone, 0.7);
  EXPECT_GT(together, 0.95);
}

TEST(LikenessTest, WhatAStyleAddsEverywhereGoesAway) {
  Places a = random_places(12, 3), b = shifted(a, 1, 0);
  for (size_t i = 0; i < b.values.size(); ++i) {
    const bool loud = i % 16 < 3;  // three numbers that say little and shout
    a.values[i] += loud ? 4.0F : 0.0F;
    b.values[i] += loud ? -9.0F : 0.5F;
  }
  EXPECT_LT(share_right(a, b, {8, 0}, {.align = false, .reach = 0}), 0.8);
  EXPECT_GT(share_right(a, b, {8, 0}, {.align = true, .reach = 0}), 0.95);
}

TEST(LikenessTest, TheSameBitsForAnyNumberOfThreads) {
  const Places a = random_places(9, 4), b = random_places(11, 5);
  const auto one = likeness(a, b, {.threads = 1}), three = likeness(a, b, {.threads = 3});
  EXPECT_EQ(one.support, three.support);
  EXPECT_EQ(one.cosine, three.cosine);
}

TEST(LikenessTest, FeaturesOfTwoModelsAreRefused) {
  EXPECT_THROW(likeness(random_places(4, 1, 8), random_places(4, 1, 9)), Error);
}

TEST(PlacesTest, PartsCountByTheirShares) {
  frozen::Tokens tokens{.layers = 2, .rows = 3, .columns = 3, .dim = 4};
  Random random(1);
  for (int i = 0; i < 2 * 10 * 4; ++i) tokens.values.push_back(static_cast<float>(random.normal()));
  image::Image picture(48, 48);
  for (auto& value : picture.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  const Places places = places_of(tokens, picture, {.edges = 0.4});
  ASSERT_EQ(places.parts.size(), 5U);  // two layers, three sizes of cells
  const float* x = places.at(1, 2);
  int64_t begin = 0;
  for (const Part& part : places.parts) {
    double square = 0;
    for (int64_t i = begin; i < begin + part.dim; ++i) square += x[i] * x[i];
    EXPECT_NEAR(square, part.share, 1e-4);
    begin += part.dim;
  }
  EXPECT_NEAR(places.parts[0].share, 0.3, 1e-9);
  EXPECT_NEAR(places.parts[4].share, 0.4 / 3, 1e-9);
  EXPECT_EQ(begin, places.dim);
  // A layer's direction is that of its tokens: the place's own, not a neighbour's.
  const float* token = tokens.patches(1) + (1 * 3 + 2) * 4;
  EXPECT_NEAR(x[4] / x[5], token[0] / token[1], 1e-3);
}

TEST(ConsensusTest, AVoteIsTheSumOverNeighboursThatLieLikewise) {
  const Places a = random_places(4, 1), b = random_places(5, 2);
  std::vector<float> table(static_cast<size_t>(a.count() * b.count()));
  const auto at = [&](int64_t ar, int64_t ac, int64_t br, int64_t bc) {
    return static_cast<size_t>((ar * 4 + ac) * b.count() + br * 5 + bc);
  };
  table[at(1, 1, 2, 3)] = 1;
  table[at(2, 2, 3, 4)] = 1;  // the diagonal neighbour of both
  table[at(2, 2, 0, 0)] = 1;  // of one only
  const auto votes = neighbours_votes(table, a, b, 1, 1);
  const float far = votes[at(1, 1, 2, 3)] - 1;  // a diagonal step's weight
  EXPECT_GT(far, 0);
  EXPECT_LT(far, 1);
  EXPECT_FLOAT_EQ(votes[at(2, 2, 3, 4)], 1 + far);
  EXPECT_FLOAT_EQ(votes[at(2, 2, 0, 0)], 1);
  EXPECT_FLOAT_EQ(votes[at(0, 0, 1, 2)], far);
  EXPECT_FLOAT_EQ(votes[at(3, 0, 3, 0)], 0);
}

TEST(PairsTest, PairsAreMutualSpreadAndOnOneMap) {
  const Places a = random_places(16, 6), b = shifted(a, 2, 3);
  const Matches found = find_pairs(likeness(a, b), {.limit = 40, .verify = Verify::affine});
  ASSERT_EQ(found.pairs.size(), 40U);
  ASSERT_TRUE(found.model.has_value());
  EXPECT_GE(found.inliers, 36);
  EXPECT_NEAR((*found.model)[2], 16, 2);
  EXPECT_NEAR((*found.model)[5], 24, 2);
  double nearest = 1e9;
  for (const Pair& x : found.pairs) {
    EXPECT_TRUE(x.mutual);
    for (const Pair& y : found.pairs)
      if (&x != &y) nearest = std::min(nearest, distance(x.a, y.a));
  }
  EXPECT_GE(nearest, 8);
  EXPECT_TRUE(found.pairs.front().inlier);
}

TEST(PairsTest, FiltersDropWhatTheySay) {
  const Places a = random_places(10, 8), b = shifted(a, 1, 1);
  const Likeness all = likeness(a, b, {.reach = 0});
  const auto every = find_pairs(all, {.limit = 0, .mutual = false, .spacing = 0});
  EXPECT_EQ(every.pairs.size(), 100U);
  const auto mutual = find_pairs(all, {.limit = 0, .spacing = 0});
  EXPECT_LT(mutual.pairs.size(), 100U);
  EXPECT_GE(mutual.pairs.size(), 81U);
  for (const Pair& pair : find_pairs(all, {.limit = 0, .mutual = false, .cycle = 4}).pairs)
    EXPECT_LE(pair.cycle, 4);
}

TEST(PairsTest, TheJsonIsWhatTheHttpInterfacePromises) {
  const Matches matches{.pairs = {{.a = {1, 2}, .b = {3, 4.5}, .score = 0.5, .mutual = true}},
                        .inliers = 1};
  EXPECT_EQ(to_json(matches),
            R"({"pairs":[{"a":[1.0,2.0],"b":[3.0,4.5],"score":0.5,"mutual":true,"cycle":0.0,)"
            R"("inlier":true}],"model":null,"inliers":1})");
}

}  // namespace
}  // namespace troodon::match
