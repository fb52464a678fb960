#include "index/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "index/centroids.hpp"
#include "index/panels.hpp"
#include "index/seeding.hpp"

namespace troodon::index {
namespace {

std::vector<float> normal_rows(int64_t rows, int64_t dim, uint64_t seed) {
  Random random(seed);
  std::vector<float> out(static_cast<size_t>(rows * dim));
  for (float& v : out) v = static_cast<float>(random.normal());
  return out;
}

double distance(const float* a, const float* b, int64_t dim) {
  double sum = 0;
  for (int64_t d = 0; d < dim; ++d) sum += std::pow(static_cast<double>(a[d]) - b[d], 2);
  return sum;
}

/// The plain version: every distance in double.
uint32_t plain_nearest(const float* row, const Matrix& centroids) {
  uint32_t best = 0;
  for (int64_t c = 1; c < centroids.rows; ++c) {
    if (distance(row, centroids.row(c), centroids.dim) <
        distance(row, centroids.row(best), centroids.dim))
      best = static_cast<uint32_t>(c);
  }
  return best;
}

TEST(Panels, ScoresAreOffsetsMinusProducts) {
  const auto rows = normal_rows(100, 19, 1), vectors = normal_rows(8, 19, 2);
  std::vector<float> offsets(100);
  std::iota(offsets.begin(), offsets.end(), -50.0F);
  const Panels panels({rows.data(), 100, 19}, offsets);
  const float* pointers[8];
  for (int v = 0; v < 8; ++v) pointers[v] = &vectors[v * 19];
  float scores[8 * 48], least[8];
  for (int64_t panel = 0; panel < panels.count(); ++panel) {
    panels.scores(pointers, panel, scores, least);
    for (int v = 0; v < 8; ++v) {
      for (int64_t j = 0; j < 48; ++j) {
        const int64_t row = panel * 48 + j;
        const float score = scores[v * 48 + j];
        if (row >= 100) {
          EXPECT_EQ(score, INFINITY);
          continue;
        }
        const double product =
            std::inner_product(pointers[v], pointers[v] + 19, &rows[row * 19], 0.0);
        EXPECT_NEAR(score, offsets[row] - product, 2e-5);
      }
      EXPECT_EQ(least[v], *std::min_element(scores + v * 48, scores + v * 48 + 48));
    }
  }
}

TEST(Centroids, AgreeWithThePlainVersionForAnyShape) {
  for (const auto& [rows, k, dim] : {std::tuple(1000, 77, 33), {70, 1, 8}, {9, 200, 1}}) {
    const auto x = normal_rows(rows, dim, 1), c = normal_rows(k, dim, 2);
    const Matrix points{x.data(), rows, dim}, centroids{c.data(), k, dim};
    std::vector<uint32_t> cluster(static_cast<size_t>(rows));
    std::vector<float> squared(cluster.size());
    const double sum = Centroids(centroids).assign(points, cluster, squared);
    for (int64_t i = 0; i < rows; ++i) {
      ASSERT_EQ(cluster[i], plain_nearest(points.row(i), centroids)) << rows;
      EXPECT_NEAR(squared[i] / distance(points.row(i), centroids.row(cluster[i]), dim), 1, 1e-6);
    }
    EXPECT_NEAR(sum, std::accumulate(squared.begin(), squared.end(), 0.0), 1e-6 * rows * dim);
  }
}

TEST(Centroids, FindTheNearestOfThoseThatFloatsCannotTellApart) {
  // Far from the origin products lose what distances differ by.
  Random random(3);
  const int64_t dim = 24, k = 60;
  std::vector<float> c(static_cast<size_t>(k * dim)), x(static_cast<size_t>(500 * dim));
  for (float& v : c) v = 1000 + static_cast<float>(random.normal()) * 0.01F;
  for (float& v : x) v = 1000 + static_cast<float>(random.normal()) * 0.01F;
  std::copy_n(c.begin(), dim, c.begin() + 50 * dim);  // equal: the lower one counts
  const Matrix points{x.data(), 500, dim}, centroids{c.data(), k, dim};
  std::vector<uint32_t> cluster(500);
  Centroids(centroids).assign(points, cluster);
  for (int64_t i = 0; i < 500; ++i)
    EXPECT_EQ(cluster[i], plain_nearest(points.row(i), centroids)) << i;
}

TEST(Centroids, TakeRowsThatAreNoNumbers) {
  const std::vector<float> x = {NAN, 0, INFINITY, 1}, c = {1, 1, 2, 2};
  std::vector<uint32_t> cluster(2, 9);
  Centroids({c.data(), 2, 2}).assign({x.data(), 2, 2}, cluster);
  EXPECT_LT(cluster[0], 2);
  EXPECT_LT(cluster[1], 2);
}

TEST(Centroids, RefuseOtherWidths) {
  const std::vector<float> v(6);
  std::vector<uint32_t> cluster(2);
  EXPECT_THROW(Centroids({v.data(), 3, 2}).assign({v.data(), 2, 3}, cluster), Error);
  EXPECT_THROW(Centroids({v.data(), 0, 2}), Error);
}

TEST(Kmeans, UpdatesAreMeansAndAnEmptyClusterStays) {
  const std::vector<float> x = {0, 0, 0, 2, 10, 0, 10, 4}, initial = {1, 1, 9, 1, 500, 500};
  const Kmeans found = kmeans_from({x.data(), 4, 2}, {initial.data(), 3, 2}, {.iterations = 5});
  EXPECT_EQ(found.centroids, (std::vector<float>{0, 1, 10, 2, 500, 500}));
  EXPECT_EQ(found.cluster, (std::vector<uint32_t>{0, 0, 1, 1}));
  EXPECT_EQ(found.distance, (std::vector<float>{1, 1, 4, 4}));
  EXPECT_EQ(found.sizes, (std::vector<int64_t>{2, 2, 0}));
  EXPECT_DOUBLE_EQ(found.inertia, 10);
  EXPECT_DOUBLE_EQ(found.imbalance(), 1.5);
}

TEST(Kmeans, MakesThatManyIterationsAndNoWorseObjective) {
  const auto x = normal_rows(3000, 16, 5);
  const Matrix points{x.data(), 3000, 16};
  const Kmeans none = kmeans(points, {.clusters = 40, .iterations = 0});
  const Kmeans one = kmeans(points, {.clusters = 40, .iterations = 1});
  const Kmeans ten = kmeans(points, {.clusters = 40, .iterations = 10});
  EXPECT_EQ(none.centroids, gather_rows(points, kmeans_seeds(points, {.clusters = 40})));
  EXPECT_EQ(ten.objective.size(), 10);
  EXPECT_LT(one.inertia, none.inertia);
  EXPECT_LT(ten.inertia, one.inertia);
  EXPECT_TRUE(std::ranges::is_sorted(ten.objective, std::greater<>()));
  EXPECT_NEAR(ten.objective[1] / one.inertia, 1, 1e-5);
}

TEST(Kmeans, WhatCannotMoveAnyMoreIsAsAfterAllIterations) {
  const auto x = normal_rows(300, 4, 6);
  const Matrix points{x.data(), 300, 4};
  const Kmeans early = kmeans(points, {.clusters = 12, .iterations = 100});
  const Kmeans late = kmeans(points, {.clusters = 12, .iterations = 1000});
  EXPECT_LT(early.objective.size(), 100);
  EXPECT_EQ(early.centroids, late.centroids);
  EXPECT_EQ(kmeans_from(points, early.matrix(), {.iterations = 1}).centroids, early.centroids);
}

TEST(Kmeans, ThreadsDoNotChangeTheBits) {
  const auto x = normal_rows(20000, 24, 7);
  const Matrix points{x.data(), 20000, 24};
  KmeansOptions options{.clusters = 50, .iterations = 5, .sample_per_cluster = 100, .threads = 1};
  const Kmeans one = kmeans(points, options);
  for (const size_t threads : {2, 4}) {
    options.threads = threads;
    const Kmeans more = kmeans(points, options);
    EXPECT_EQ(one.centroids, more.centroids);
    EXPECT_EQ(one.cluster, more.cluster);
    EXPECT_EQ(one.distance, more.distance);
    EXPECT_EQ(one.objective, more.objective);
  }
  options.seed = 1;
  EXPECT_NE(one.centroids, kmeans(points, options).centroids);
}

TEST(Kmeans, SphericalCentroidsHaveUnitLength) {
  auto x = normal_rows(2000, 12, 8);
  normalize_rows(x, 12);
  const Kmeans found = kmeans({x.data(), 2000, 12}, {.clusters = 20, .metric = Metric::spherical});
  for (int64_t c = 0; c < 20; ++c) {
    const float* row = found.matrix().row(c);
    EXPECT_NEAR(std::inner_product(row, row + 12, row, 0.0), 1, 1e-6);
  }
}

TEST(Kmeans, FindsSeparatedClumpsFromEveryStart) {
  const auto noise = normal_rows(600, 8, 9);
  std::vector<float> x(noise.size());
  for (int64_t i = 0; i < 600; ++i) {
    for (int64_t d = 0; d < 8; ++d)
      x[i * 8 + d] = 0.05F * noise[i * 8 + d] + (d == i % 6 ? 10.0F : 0.0F);
  }
  for (const KmeansInit init : {KmeansInit::plus_plus, KmeansInit::plus_plus_sample}) {
    const Kmeans found =
        kmeans({x.data(), 600, 8}, {.clusters = 6, .init = init, .sample_per_cluster = 10});
    EXPECT_EQ(found.sizes, std::vector<int64_t>(6, 100));
  }
  const Kmeans random = kmeans({x.data(), 600, 8}, {.clusters = 6, .init = KmeansInit::random});
  EXPECT_EQ(std::accumulate(random.sizes.begin(), random.sizes.end(), int64_t{0}), 600);
}

TEST(Seeds, AreDistinctRowsEvenAmongCopies) {
  std::vector<float> x(40, 1.0F);
  x[0] = 5;
  Random random(1);
  const auto seeds = plus_plus_seeds({x.data(), 20, 2}, 20, [&] { return random.uniform(); });
  EXPECT_EQ(std::set<int64_t>(seeds.begin(), seeds.end()).size(), 20);
  EXPECT_TRUE(std::ranges::find(seeds.begin(), seeds.begin() + 2, 0) != seeds.begin() + 2);
  EXPECT_THROW(plus_plus_seeds({x.data(), 20, 2}, 21, [] { return 0.5; }), Error);
  EXPECT_THROW(kmeans({x.data(), 0, 2}, {}), Error);
  EXPECT_EQ(kmeans({x.data(), 3, 2}, {.clusters = 9}).clusters, 3);
}

TEST(RandomRows, AreDistinctAscendingAndEverywhere) {
  const auto rows = random_rows(1000, 100, 4);
  EXPECT_EQ(rows.size(), 100);
  EXPECT_TRUE(std::ranges::is_sorted(rows, std::less<>()));
  EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), 100);
  EXPECT_LT(rows.front(), 100);
  EXPECT_GT(rows.back(), 900);
  EXPECT_EQ(random_rows(5, 5, 0), (std::vector<int64_t>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace troodon::index
