#include "curate/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "curate/water_filling.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

using index::Matrix;

TEST(WaterFilling, EmptiesSmallClustersAndLevelsLargeOnes) {
  const std::vector<int64_t> sizes = {5, 10, 100, 3};
  EXPECT_EQ(water_filling(sizes, 40, 1, 0), (std::vector<int64_t>{5, 10, 22, 3}));
  EXPECT_EQ(water_filling(sizes, 118, 1, 0), sizes);
  EXPECT_EQ(water_filling(sizes, 500, 1, 0), sizes);
  EXPECT_EQ(water_filling(sizes, 0, 1, 0), (std::vector<int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(water_level(sizes, 40), 22);
  EXPECT_EQ(water_level(sizes, 500), 100);
  EXPECT_TRUE(water_filling({}, 5, 1, 0).empty());
  EXPECT_THROW(water_filling(sizes, -1, 1, 0), Error);
}

TEST(WaterFilling, SumsExactlyWithinTheSizesForAnyDraw) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    std::vector<int64_t> sizes(static_cast<size_t>(random.integer(1, 20)));
    for (int64_t& s : sizes) s = random.integer(0, 50);
    const int64_t multiplier = random.integer(1, 3), target = random.integer(0, 700);
    const auto quotas = water_filling(sizes, target, multiplier, seed);
    const int64_t all = multiplier * std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
    EXPECT_EQ(std::accumulate(quotas.begin(), quotas.end(), int64_t{0}), std::min(target, all));
    const int64_t level = water_level(sizes, target, multiplier);
    for (size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_LE(quotas[i], sizes[i] * multiplier) << "seed " << seed;
      EXPECT_GE(quotas[i], std::min(sizes[i] * multiplier, level)) << "seed " << seed;
      EXPECT_LE(quotas[i], level + 1) << "seed " << seed;
    }
  }
}

/// E3's pool: concepts on the unit sphere, their shares falling as rank to the power -1.2.
struct Pool {
  int64_t concepts, dim;
  std::vector<float> values;
  std::vector<int64_t> label;

  Matrix matrix() const { return {values.data(), static_cast<int64_t>(label.size()), dim}; }
};

Pool long_tail(int64_t rows, int64_t concepts, int64_t dim, uint64_t seed) {
  Random random(seed);
  std::vector<float> means(static_cast<size_t>(concepts * dim));
  for (float& v : means) v = static_cast<float>(random.normal());
  index::normalize_rows(means, dim);
  std::vector<double> running(static_cast<size_t>(concepts));
  for (int64_t c = 0; c < concepts; ++c)
    running[c] = (c > 0 ? running[c - 1] : 0) + std::pow(c + 1.0, -1.2);
  Pool out{.concepts = concepts, .dim = dim};
  for (int64_t i = 0; i < rows; ++i) {
    const auto c =
        std::ranges::upper_bound(running, random.uniform() * running.back()) - running.begin();
    out.label.push_back(c);
    for (int64_t d = 0; d < dim; ++d)
      out.values.push_back(means[c * dim + d] + static_cast<float>(0.12 * random.normal()));
  }
  return out;
}

struct Balance {
  double entropy;            ///< of the labels, divided by that of equal shares
  double largest, smallest;  ///< shares
};

Balance balance_of(const Pool& pool, const std::vector<int64_t>& rows) {
  std::vector<double> share(static_cast<size_t>(pool.concepts));
  for (const int64_t row : rows) share[pool.label[row]] += 1.0 / static_cast<double>(rows.size());
  Balance out{0, std::ranges::max(share), std::ranges::min(share)};
  for (const double s : share)
    out.entropy -= s > 0 ? s * std::log(s) / std::log(static_cast<double>(pool.concepts)) : 0;
  return out;
}

HierarchyOptions e3_options(int64_t rounds) {
  return {.levels = {{.clusters = 750, .resample = 15}, {.clusters = 150, .resample = 3}},
          .rounds = rounds,
          .iterations = 20,
          .init = index::KmeansInit::plus_plus_sample};
}

// Experiment E3 of the curation specification at half its size.
TEST(E3, ResampledHierarchiesBalanceALongTail) {
  const Pool pool = long_tail(25000, 100, 32, 0);
  const SamplingOptions sampling{.target = 2500};
  const Balance random = balance_of(pool, index::random_rows(25000, 2500, 0));
  EXPECT_NEAR(random.entropy, 0.70, 0.02);
  EXPECT_NEAR(random.largest, 0.27, 0.02);

  HierarchyOptions flat{.levels = {{.clusters = 250}}, .iterations = 20};
  const Balance one =
      balance_of(pool, balanced_sample(build_hierarchy(pool.matrix(), flat), sampling));
  EXPECT_GE(one.entropy, 0.85);
  EXPECT_LE(one.largest, 0.17);  // 0.14 to 0.17 by seed, at full size too

  const Balance two =
      balance_of(pool, balanced_sample(build_hierarchy(pool.matrix(), e3_options(0)), sampling));
  EXPECT_GE(two.entropy, 0.87);

  const Hierarchy hierarchy = build_hierarchy(pool.matrix(), e3_options(5));
  const auto rows = balanced_sample(hierarchy, sampling);
  const Balance best = balance_of(pool, rows);
  EXPECT_GE(best.entropy, 0.97);
  EXPECT_LE(best.largest, 0.04);
  EXPECT_GE(best.smallest, 0.005);
  EXPECT_EQ(rows.size(), 2500);
  EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), 2500);
  for (const auto& [name, b] :
       {std::pair("random", random), {"flat", one}, {"two", two}, {"best", best}})
    RecordProperty(name,
                   std::to_string(b.entropy) + " / " + std::to_string(b.largest) + " / " +
                       std::to_string(b.smallest));
}

TEST(Hierarchy, ThreadsDoNotChangeTheSample) {
  const Pool pool = long_tail(4000, 20, 8, 3);
  HierarchyOptions options{
      .levels = {{.clusters = 100, .resample = 10}, {.clusters = 20, .resample = 2}},
      .rounds = 2,
      .iterations = 5,
      .threads = 1};
  for (const Pick pick : {Pick::closest, Pick::random}) {
    options.resampling = pick;
    options.threads = 1;
    const auto one = balanced_sample(build_hierarchy(pool.matrix(), options), {.target = 500});
    for (const size_t threads : {2, 4}) {
      options.threads = threads;
      EXPECT_EQ(balanced_sample(build_hierarchy(pool.matrix(), options), {.target = 500}), one);
    }
    options.seed = 1;
    EXPECT_NE(balanced_sample(build_hierarchy(pool.matrix(), options), {.target = 500}), one);
    options.seed = 0;
  }
}

TEST(Hierarchy, CountsRowsUnderEachNode) {
  const Pool pool = long_tail(1000, 10, 4, 4);
  const Hierarchy h = build_hierarchy(
      pool.matrix(),
      {.levels = {{.clusters = 50}, {.clusters = 10}, {.clusters = 99}}, .iterations = 3});
  ASSERT_EQ(h.levels.size(), 3);
  for (const Level& level : h.levels)
    EXPECT_EQ(std::accumulate(level.points.begin(), level.points.end(), int64_t{0}), 1000);
  EXPECT_EQ(h.levels[0].points, h.levels[0].fit.sizes);
  EXPECT_EQ(h.levels[2].fit.clusters, 10) << "cut to the centroids there are";
  EXPECT_THROW(build_hierarchy(pool.matrix(), {}), Error);
}

TEST(Resample, TakesTheClosestMembersClusterAfterCluster) {
  const std::vector<float> x = {0, 3, 1, 10, 12, 11}, centroids = {0, 11};
  const index::Kmeans fit =
      kmeans_from(Matrix{x.data(), 6, 1}, Matrix{centroids.data(), 2, 1}, {.iterations = 0});
  EXPECT_EQ(resample(fit, 2, Pick::closest, 0), (std::vector<int64_t>{0, 2, 5, 3}));
  EXPECT_EQ(resample(fit, 9, Pick::closest, 0), (std::vector<int64_t>{0, 2, 1, 5, 3, 4}));
  EXPECT_EQ(resample(fit, 2, Pick::random, 0).size(), 4);
}

TEST(BalancedSample, ReplicatesSmallClustersUpToTheMultiplier) {
  // Two far clumps of 4 and 40 rows.
  std::vector<float> x;
  for (int i = 0; i < 44; ++i) x.push_back((i < 4 ? 0.0F : 100.0F) + 0.01F * static_cast<float>(i));
  const Hierarchy h = build_hierarchy({x.data(), 44, 1}, {.levels = {{.clusters = 2}}});
  const auto rows = balanced_sample(h, {.target = 30, .multiplier = 3, .pick = Pick::closest});
  ASSERT_EQ(rows.size(), 30);
  EXPECT_EQ(std::ranges::count_if(rows, [](int64_t r) { return r < 4; }), 12);
  EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), 4 + 18);
  for (const int64_t row : rows) EXPECT_LE(std::ranges::count(rows, row), 3);
  EXPECT_EQ(balanced_sample(h, {.target = 1000, .multiplier = 2}).size(), 88);
}

}  // namespace
}  // namespace troodon::curate
