#include "explore/clusters.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "explore/blobs.hpp"
#include "explore/diverse.hpp"
#include "explore/outliers.hpp"

namespace troodon::explore {
namespace {

/// Zachary's karate club (1977), whose best modularity is known: 0.4198.
std::vector<WeightedEdge> karate_club() {
  std::vector<WeightedEdge> out;
  const std::vector<std::vector<uint32_t>> friends = {
      {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31},
      {2, 3, 7, 13, 17, 19, 21, 30},
      {3, 7, 8, 9, 13, 27, 28, 32},
      {7, 12, 13},
      {6, 10},
      {6, 10, 16},
      {16},
      {},
      {30, 32, 33},
      {33},
      {},
      {},
      {},
      {33},
      {32, 33},
      {32, 33},
      {},
      {},
      {32, 33},
      {33},
      {32, 33},
      {},
      {32, 33},
      {25, 27, 29, 32, 33},
      {25, 27, 31},
      {31},
      {29, 33},
      {33},
      {31, 33},
      {32, 33},
      {32, 33},
      {32, 33},
      {33}};
  for (uint32_t a = 0; a < friends.size(); ++a)
    for (const uint32_t b : friends[a]) out.push_back({a, b, 1});
  return out;
}

TEST(Communities, OfTheKarateClubAreNearlyTheBestKnown) {
  const auto edges = karate_club();
  ASSERT_EQ(edges.size(), 78U);
  const Communities found = communities(34, edges);
  EXPECT_GT(found.modularity, 0.40);
  EXPECT_LE(found.modularity, 0.4199);
  EXPECT_EQ(found.count, 4);
  EXPECT_NE(found.community[0], found.community[33]);  // the two who quarrelled
}

TEST(Communities, OfNodesWithoutEdgesAreTheNodes) {
  EXPECT_EQ(communities(3, {}).count, 3);
  EXPECT_EQ(communities(0, {}).count, 0);
}

TEST(SharedNeighbours, CountWhatTwoRowsHaveInCommon) {
  // 0, 1 and 2 know each other; 3 knows 0 and 1.
  const Neighbours near{.k = 2, .index = {1, 2, 0, 2, 0, 1, 0, 1}, .score = std::vector<float>(8)};
  const auto edges = shared_neighbour_edges(near);
  ASSERT_EQ(edges.size(), 5U);
  double sum = 0;
  for (const auto& edge : edges) {
    EXPECT_LT(edge.a, edge.b);
    EXPECT_NEAR(edge.weight, edge.b == 3 ? 2.0 / 3 : 1, 1e-12);
    sum += edge.weight;
  }
  EXPECT_NEAR(sum, 3 + 4.0 / 3, 1e-12);
}

TEST(Clusters, AreTheBlobsNobodyCounted) {
  auto features = blobs(450, 9, 32, 0.4, 1);
  features.labels[0] = -1;
  const Matrix unit = features.matrix();
  const Clusters found = clusters(unit, neighbourhood(unit), features.labels);
  ASSERT_EQ(found.clusters.size(), 9U);
  std::set<int64_t> names;
  for (const Cluster& cluster : found.clusters) {
    EXPECT_EQ(cluster.rows.size(), 50U);
    EXPECT_EQ(cluster.label_share, 1);
    EXPECT_GT(cluster.tightness, 0.8);
    names.insert(cluster.label);
    for (const int64_t row : cluster.rows) EXPECT_EQ(row % 9, cluster.label);
  }
  EXPECT_EQ(names.size(), 9U);
}

TEST(Clusters, AreAsManyAsWanted) {
  const auto features = blobs(450, 9, 32, 0.4, 1);
  const Clusters found = clusters(features.matrix(), {}, {}, {.count = 5});
  EXPECT_EQ(found.clusters.size(), 5U);
  EXPECT_EQ(found.clusters[0].label, -1);
  size_t rows = 0;
  for (size_t c = 0; c < 5; ++c) {
    rows += found.clusters[c].rows.size();
    if (c > 0) {
      EXPECT_LE(found.clusters[c].rows.size(), found.clusters[c - 1].rows.size());
    }
    for (const int64_t row : found.clusters[c].rows)
      EXPECT_EQ(found.cluster[static_cast<size_t>(row)], c);
  }
  EXPECT_EQ(rows, 450U);
}

TEST(Clusters, ShowTheNearestAndThenTheSpread) {
  const auto features = blobs(200, 1, 8, 0.6, 3);
  const Clusters found = clusters(features.matrix(), {}, {}, {.count = 1, .examples = 8});
  const Cluster& cluster = found.clusters.at(0);
  ASSERT_EQ(cluster.examples.size(), 8U);
  EXPECT_EQ(std::set(cluster.examples.begin(), cluster.examples.end()).size(), 8U);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(cluster.examples[i], cluster.rows[i]);
  std::vector<size_t> places;
  for (size_t i = 4; i < 8; ++i)
    places.push_back(static_cast<size_t>(std::ranges::find(cluster.rows, cluster.examples[i]) -
                                         cluster.rows.begin()));
  EXPECT_GT(*std::ranges::max_element(places), 100U);
  EXPECT_LT(*std::ranges::max_element(places), 180U);  // the strangest tenth is not typical
}

TEST(Clusters, OfNothingAreNone) {
  EXPECT_TRUE(clusters({}, {}).clusters.empty());
  EXPECT_EQ(clusters(blobs(1, 1, 4, 0, 1).matrix(), {}).clusters.size(), 1U);
}

TEST(Outliers, AreFarFromAllOthers) {
  auto features = blobs(200, 2, 16, 0.2, 5);
  for (int d = 0; d < 16; ++d)
    features.values[static_cast<size_t>(77 * 16 + d)] = d == 3 ? -1.0F : 0;
  const auto strange = outliers(neighbourhood(features.matrix(), 10));
  EXPECT_EQ(strangest_first(strange)[0], 77);
  EXPECT_EQ(strange[77], 1);
  EXPECT_EQ(*std::ranges::min_element(strange), 0);
  EXPECT_LT(strange[strangest_first(strange)[1]], 0.5);
}

TEST(Diverse, TradesRelevanceForVariety) {
  // Three pictures of one thing, one of another, the least relevant of a third.
  const std::vector<float> unit = {1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  const std::vector<float> relevance = {0.9F, 0.89F, 0.88F, 0.5F, 0.1F};
  const index::Matrix matrix{unit.data(), 5, 3};
  EXPECT_EQ(diverse(matrix, relevance, 3, 0), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(diverse(matrix, relevance, 3, 0.5), (std::vector<int64_t>{0, 3, 4}));
  EXPECT_EQ(diverse(matrix, relevance, 3, 0.25), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(diverse(matrix, relevance, 9, 1).size(), 5U);
  EXPECT_THROW((void)diverse(matrix, relevance, 3, 1.5), Error);
}

}  // namespace
}  // namespace troodon::explore
