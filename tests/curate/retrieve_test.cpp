#include "curate/retrieve.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "index/kmeans.hpp"

namespace troodon::curate {
namespace {

using index::Matrix;

TEST(RetrieveBySample, ListsEachRowOnceAndCountsWhoBroughtIt) {
  const std::vector<float> pool = {1, 0, 0, 2, 1, 1}, seeds = {5, 1, 3, 2};
  const SampleRetrieval found =
      retrieve_by_sample(index::rows_of({pool.data(), 3, 2}), {seeds.data(), 2, 2}, 2);
  EXPECT_EQ(found.neighbours.index, (std::vector<int64_t>{0, 2, 2, 0}));
  EXPECT_EQ(found.rows, (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(found.multiplicity, (std::vector<uint32_t>{2, 2}));
  EXPECT_EQ(found.seed, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(found.entries, 4);
  EXPECT_EQ(found.shortfall, 0);
  EXPECT_DOUBLE_EQ(found.collisions(), 0.5);
  EXPECT_NEAR(found.similarity[0], 5 / std::sqrt(26.0), 1e-6);
}

TEST(RetrieveBySample, SaysWhatAPoolTooSmallLacks) {
  const std::vector<float> pool = {1, 0, 0, 2}, seeds = {5, 1};
  const auto found =
      retrieve_by_sample(index::rows_of({pool.data(), 2, 2}), {seeds.data(), 1, 2}, 5);
  EXPECT_EQ(found.entries, 2);
  EXPECT_EQ(found.shortfall, 3);
  EXPECT_THROW(retrieve_by_sample(index::rows_of({pool.data(), 2, 2}), {seeds.data(), 2, 1}, 5),
               Error);
}

TEST(RetrieveByCluster, TakesFromClustersWithEnoughSeedsUnderTheCap) {
  std::vector<uint32_t> pool;
  for (uint32_t c = 0; c < 3; ++c) pool.insert(pool.end(), 10 * (c + 1), c);
  const std::vector<uint32_t> seeds = {0, 0, 0, 2, 2, 2, 2, 1, 1, 1, 1};
  const auto found =
      retrieve_by_cluster(pool, seeds, {.more_than = 3, .per_cluster = 25, .cap = 40});
  ASSERT_EQ(found.chosen.size(), 2);
  EXPECT_EQ(found.chosen[0].cluster, 1);
  EXPECT_EQ(found.chosen[0].seeds, 4);
  EXPECT_EQ(found.chosen[0].size, 20);
  EXPECT_EQ(found.chosen[0].retrieved, 20);
  EXPECT_EQ(found.chosen[1].retrieved, 25);
  EXPECT_EQ(found.retrieved, 45);
  EXPECT_EQ(found.shortfall, 5);
  EXPECT_EQ(found.rows.size(), 40);
  EXPECT_EQ(found.chosen[0].taken + found.chosen[1].taken, 40);
  EXPECT_EQ(found.brought[0], 0);
  EXPECT_EQ(found.brought[3], found.chosen[1].taken);
  EXPECT_TRUE(std::ranges::is_sorted(found.rows));
  for (size_t i = 0; i < found.rows.size(); ++i) EXPECT_EQ(found.cluster[i], pool[found.rows[i]]);
  EXPECT_TRUE(retrieve_by_cluster(pool, seeds, {.more_than = 4}).rows.empty());
}

/// E4 of the curation specification with generated digits: ten classes of several clumps each.
struct Digits {
  std::vector<float> pool, seeds;
  std::vector<int64_t> pool_class, seed_class;
  static constexpr int64_t kDim = 32;
};

Digits digits(uint64_t seed) {
  Random random(seed);
  std::vector<float> means(static_cast<size_t>(60 * Digits::kDim));
  for (float& v : means) v = static_cast<float>(random.normal());
  index::normalize_rows(means, Digits::kDim);
  Digits out;
  std::vector<int64_t> taken(10);
  for (int64_t i = 0; i < 1800; ++i) {
    const int64_t clump = random.integer(0, 59), kind = clump % 10;
    const bool is_seed = kind < 3 && taken[kind] < 20;
    taken[kind] += is_seed;
    auto& to = is_seed ? out.seeds : out.pool;
    for (int64_t d = 0; d < Digits::kDim; ++d)
      to.push_back(means[clump * Digits::kDim + d] + static_cast<float>(0.1 * random.normal()));
    (is_seed ? out.seed_class : out.pool_class).push_back(kind);
  }
  index::normalize_rows(out.pool, Digits::kDim);
  index::normalize_rows(out.seeds, Digits::kDim);
  return out;
}

TEST(E4, NearestRowsAreOfTheSeedsClassAndCollideMoreAndMore) {
  const Digits d = digits(1);
  const Matrix pool{d.pool.data(), static_cast<int64_t>(d.pool_class.size()), Digits::kDim};
  double before = 0;
  for (const auto& [each, least] : {std::pair(1, 0.97), {4, 0.95}, {16, 0.5}}) {
    const auto found = retrieve_by_sample(rows_of(pool), {d.seeds.data(), 60, Digits::kDim}, each);
    int64_t right = 0;
    for (int64_t s = 0; s < 60; ++s) {
      for (const int64_t row : found.neighbours.index_of(s))
        right += d.pool_class[row] == d.seed_class[s];
    }
    EXPECT_GE(static_cast<double>(right) / static_cast<double>(60 * each), least) << each;
    EXPECT_GT(found.collisions(), before);
    EXPECT_EQ(std::accumulate(found.multiplicity.begin(), found.multiplicity.end(), 0), 60 * each);
    before = found.collisions();
  }
}

TEST(E4, ClustersWithManySeedsArePreciseAndThoseWithAnyComplete) {
  const Digits d = digits(2);
  const Matrix pool{d.pool.data(), static_cast<int64_t>(d.pool_class.size()), Digits::kDim};
  const index::Kmeans fit = kmeans(
      pool,
      {.clusters = 60, .metric = index::Metric::spherical, .init = index::KmeansInit::plus_plus});
  const index::Kmeans seeds =
      kmeans_from({d.seeds.data(), 60, Digits::kDim}, fit.matrix(), {.iterations = 0});
  const auto wanted = std::ranges::count_if(d.pool_class, [](int64_t c) { return c < 3; });
  for (const auto& [more_than, precision, recall] : {std::tuple(3, 0.97, 0.3), {0, 0.88, 0.95}}) {
    const auto found = retrieve_by_cluster(fit.cluster, seeds.cluster, {.more_than = more_than});
    const auto right =
        std::ranges::count_if(found.rows, [&](uint32_t r) { return d.pool_class[r] < 3; });
    EXPECT_GE(static_cast<double>(right) / static_cast<double>(found.rows.size()), precision);
    EXPECT_GE(static_cast<double>(right) / static_cast<double>(wanted), recall);
  }
}

}  // namespace
}  // namespace troodon::curate
