#include "curate/components.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <queue>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "curate/linkage.hpp"
#include "curate/relative.hpp"

namespace troodon::curate {
namespace {

std::vector<Edge> random_edges(uint32_t n, size_t count, Random& random) {
  std::vector<Edge> out;
  while (out.size() < count) {
    const auto a = static_cast<uint32_t>(random.integer(0, n - 1));
    const auto b = static_cast<uint32_t>(random.integer(0, n - 1));
    if (a != b)
      out.push_back({std::min(a, b), std::max(a, b), static_cast<float>(random.uniform(0.6, 1))});
  }
  std::ranges::sort(out, {}, [](const Edge& e) { return std::pair(e.a, e.b); });
  const auto same = [](const Edge& x, const Edge& y) { return x.a == y.a && x.b == y.b; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

/// The plain version: breadth first from each row that was not reached yet.
std::vector<uint32_t> plain_components(uint32_t n, const std::vector<Edge>& edges) {
  std::vector<std::vector<uint32_t>> next(n);
  for (const Edge& e : edges) next[e.a].push_back(e.b), next[e.b].push_back(e.a);
  std::vector<uint32_t> out(n, n);
  for (uint32_t start = 0; start < n; ++start) {
    if (out[start] != n) continue;
    std::queue<uint32_t> open({start});
    out[start] = start;
    for (; !open.empty(); open.pop()) {
      for (const uint32_t row : next[open.front()]) {
        if (out[row] != n) continue;
        out[row] = start;
        open.push(row);
      }
    }
  }
  return out;
}

TEST(Components, AreThoseOfABreadthFirstSearch) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const auto n = static_cast<uint32_t>(random.integer(1, 300));
    auto edges = n < 2 ? std::vector<Edge>() : random_edges(n, random.integer(0, n), random);
    const auto expected = plain_components(n, edges);
    EXPECT_EQ(connected_components(n, edges), expected) << "seed " << seed;
    std::ranges::reverse(edges);
    EXPECT_EQ(connected_components(n, edges), expected) << "seed " << seed;
  }
}

TEST(Components, WideIdsWorkToo) {
  UnionFind<uint64_t> sets(10);
  sets.unite(7, 3);
  sets.unite(9, 7);
  EXPECT_EQ(sets.find(9), 3);
  EXPECT_EQ(std::move(sets).roots(), (std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 3, 8, 3}));
}

TEST(Components, MillionsOfEdgesAreUnitedInASecond) {
  constexpr uint32_t kRows = 10'000'000;
  Random random(1);
  std::vector<Edge> edges(10'000'000);
  for (Edge& e : edges) {
    const uint64_t bits = random.next();
    e = {static_cast<uint32_t>((bits >> 32) % kRows), static_cast<uint32_t>(bits % kRows), 1};
  }
  UnionFind<uint32_t> sets(kRows);
  const auto start = std::chrono::steady_clock::now();
  sets.unite(std::span<const Edge>(edges));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  RecordProperty("million_edges_per_second", std::to_string(10 / seconds.count()));
  EXPECT_LT(seconds.count(), 10) << "ten times what an idle machine needs";
}

TEST(BestFirst, LooksAtPixelsThenBytesThenScoreThenNumber) {
  const std::vector<Quality> q = {{.pixels = 5, .bytes = 1},
                                  {.pixels = 9, .bytes = 1, .score = 0.1},
                                  {.pixels = 9, .bytes = 2},
                                  {.pixels = 9, .bytes = 1, .score = 0.2},
                                  {.pixels = 5, .bytes = 1}};
  EXPECT_EQ(best_first(q), (std::vector<uint32_t>{2, 3, 1, 0, 4}));
}

TEST(ComponentLinkage, KeepsTheBestOfEachComponent) {
  const std::vector<Edge> edges = {{0, 1, 0.9F}, {1, 2, 0.8F}, {4, 5, 0.7F}};
  const std::vector<uint32_t> order = {5, 2, 0, 1, 3, 4};
  const Groups groups = component_linkage(6, edges, order);
  EXPECT_EQ(groups.representative, (std::vector<uint32_t>{2, 2, 2, 3, 5, 5}));
  EXPECT_EQ(groups.group, (std::vector<uint32_t>{0, 0, 0, 3, 4, 4}));
  EXPECT_TRUE(std::isnan(groups.similarity[0]));
  EXPECT_EQ(groups.similarity[1], 0.8F);
  EXPECT_EQ(groups.similarity[2], 1);
  EXPECT_EQ(groups.kept, 3);
  EXPECT_EQ(groups.largest, 3);
}

TEST(StarLinkage, AChainLosesOnlyRowsLikeOneThatStays) {
  std::vector<Edge> chain;
  for (uint32_t i = 0; i + 1 < 7; ++i) chain.push_back({i, i + 1, 0.75F});
  EXPECT_EQ(component_linkage(7, chain).kept, 1);
  const Groups groups = star_linkage(7, chain);
  EXPECT_EQ(groups.representative, (std::vector<uint32_t>{0, 0, 2, 2, 4, 4, 6}));
  EXPECT_EQ(groups.kept, 4);
  EXPECT_EQ(groups.largest, 2);
}

TEST(StarLinkage, AssignsToTheMostSimilarThatStays) {
  const std::vector<Edge> edges = {{0, 2, 0.7F}, {1, 2, 0.9F}, {2, 3, 0.95F}};
  const Groups groups = star_linkage(4, edges);
  EXPECT_EQ(groups.representative, (std::vector<uint32_t>{0, 1, 1, 3}));
  EXPECT_EQ(groups.similarity[2], 0.9F);
}

TEST(StarLinkage, LeavesNoSimilarPairAndDropsNothingWithoutAPartner) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const auto edges = random_edges(200, 300, random);
    const auto shuffled = random.permutation(200);
    const std::vector<uint32_t> order(shuffled.begin(), shuffled.end());
    const Groups groups = star_linkage(200, edges, order);
    const auto kept = [&](uint32_t i) { return groups.representative[i] == i; };
    for (const Edge& e : edges) EXPECT_FALSE(kept(e.a) && kept(e.b)) << "seed " << seed;
    for (uint32_t i = 0; i < 200; ++i) {
      const uint32_t r = groups.representative[i];
      EXPECT_TRUE(kept(r));
      EXPECT_TRUE(kept(i) || std::ranges::any_of(edges,
                                                 [&](const Edge& e) {
                                                   return e.a == std::min(i, r) &&
                                                          e.b == std::max(i, r) &&
                                                          e.similarity == groups.similarity[i];
                                                 }))
          << "seed " << seed;
    }
  }
}

TEST(Relatives, GoWithTheirComponentOrAloneByMode) {
  // Rows 0-3 are the pool, 4 and 5 references; 1 is like a reference, 0 only like 1.
  const std::vector<Edge> edges = {{0, 1, 0.8F}, {1, 4, 0.5F}, {1, 5, 0.6F}, {2, 3, 0.9F}};
  const Relative whole = drop_relatives(4, 6, edges, RelativeMode::component);
  EXPECT_EQ(whole.dropped, (std::vector<uint8_t>{1, 1, 0, 0}));
  EXPECT_EQ(whole.reference, (std::vector<uint32_t>{0, 1, Relative::kNone, Relative::kNone}));
  EXPECT_TRUE(std::isnan(whole.similarity[0]));
  EXPECT_EQ(whole.similarity[1], 0.6F);
  EXPECT_EQ(whole.count, 2);
  EXPECT_EQ(whole.largest, 4);
  const Relative alone = drop_relatives(4, 6, edges, RelativeMode::neighbour);
  EXPECT_EQ(alone.dropped, (std::vector<uint8_t>{0, 1, 0, 0}));
  EXPECT_EQ(alone.count, 1);
}

}  // namespace
}  // namespace troodon::curate
