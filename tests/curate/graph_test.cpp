#include "curate/graph.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "curate/components.hpp"
#include "curate/linkage.hpp"
#include "curate/relative.hpp"
#include "planted.hpp"

namespace troodon::curate {
namespace {

using index::Matrix;
using index::rows_of;

/// The plain version: all cosines in double, each row's list sorted.
std::vector<Edge> plain_graph(const Matrix& rows, double threshold, size_t k) {
  std::set<std::pair<uint32_t, uint32_t>> pairs;
  std::vector<Edge> out;
  const auto cosine = [&](int64_t a, int64_t b) {
    return std::inner_product(rows.row(a), rows.row(a) + rows.dim, rows.row(b), 0.0);
  };
  for (int64_t a = 0; a < rows.rows; ++a) {
    std::vector<std::pair<double, uint32_t>> list;
    for (int64_t b = 0; b < rows.rows; ++b) {
      if (a != b && cosine(a, b) > threshold) list.emplace_back(-cosine(a, b), b);
    }
    std::ranges::sort(list);
    for (size_t i = 0; i < std::min(k, list.size()); ++i)
      pairs.emplace(std::min<uint32_t>(a, list[i].second), std::max<uint32_t>(a, list[i].second));
  }
  for (const auto& [a, b] : pairs) out.push_back({a, b, static_cast<float>(cosine(a, b))});
  return out;
}

void expect_same(const std::vector<Edge>& found, const std::vector<Edge>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].a, expected[i].a);
    EXPECT_EQ(found[i].b, expected[i].b);
    EXPECT_NEAR(found[i].similarity, expected[i].similarity, 1e-6);
  }
}

/// E2 of the curation specification, at any size: an eighth of the rows get one to three copies.
struct Copies {
  Planted planted;
  std::vector<Edge> pairs;  ///< all that are above 0.6
};

Copies with_copies(int64_t rows, int64_t dim, uint64_t seed) {
  Copies out{.planted = {.dim = dim, .random = Random(seed)}};
  Planted& p = out.planted;
  p.add_random(rows);
  for (int64_t base = 0; base < rows / 8; ++base) {
    const int64_t copies = p.random.integer(1, 3);
    for (int64_t i = 0; i < copies; ++i) {
      const std::vector<float> original(&p.values[base * dim], &p.values[(base + 1) * dim]);
      p.add_near(original.data(), p.random.uniform(0.8, 0.99));
    }
  }
  return out;
}

TEST(ExactGraph, IsThePlainOneForAnyShape) {
  for (const auto& [rows, dim, k] :
       {std::tuple(700, 12, 4), {130, 5, 1}, {64, 33, 64}, {1, 3, 2}}) {
    Planted p{.dim = dim, .random = Random(7)};
    p.add_random(rows);
    const double threshold = 0.3;
    const Graph graph = exact_graph(rows_of(p.matrix()), {.threshold = threshold, .neighbours = k});
    expect_same(graph.edges, plain_graph(p.matrix(), threshold, k));
    const Graph all = exact_graph(rows_of(p.matrix()), {.threshold = threshold, .neighbours = 0});
    expect_same(all.edges, plain_graph(p.matrix(), threshold, 1000));
    EXPECT_EQ(all.directed, 2 * static_cast<int64_t>(all.edges.size()));
  }
}

TEST(ExactGraph, LengthsOfRowsDoNotMatter) {
  Planted p{.dim = 8, .random = Random(1)};
  p.add_random(100);
  const Graph unit = exact_graph(rows_of(p.matrix()), {.threshold = 0.5});
  for (float& v : p.values) v *= 4;
  EXPECT_EQ(exact_graph(rows_of(p.matrix()), {.threshold = 0.5}).edges, unit.edges);
}

TEST(ExactGraph, RefusesWhatIsNoNumber) {
  Planted p{.dim = 8, .random = Random(1)};
  p.add_random(100);
  p.values[77] = NAN;
  EXPECT_THROW(exact_graph(rows_of(p.matrix())), Error);
  p.values[77] = INFINITY;
  EXPECT_THROW(bucketed_graph(rows_of(p.matrix())), Error);
}

TEST(ExactGraph, ThreadsAndMemoryDoNotChangeTheBits) {
  const Copies c = with_copies(9000, 16, 2);
  const Rows rows = rows_of(c.planted.matrix());
  const Graph whole = exact_graph(rows, {.threshold = 0.75, .neighbours = 8, .threads = 1});
  const Graph parts =
      exact_graph(rows, {.threshold = 0.75, .neighbours = 8, .memory_bytes = 1, .threads = 4});
  EXPECT_GT(whole.edges.size(), 1000);
  EXPECT_EQ(whole.edges, parts.edges);
  EXPECT_EQ(whole.directed, parts.directed);
}

TEST(JoinedRows, AreReadAcrossTheBorder) {
  const std::vector<float> a = {1, 2, 3, 4}, b = {5, 6};
  const Rows both =
      index::joined(index::rows_of({a.data(), 2, 2}), index::rows_of({b.data(), 1, 2}));
  std::vector<float> out(4);
  both.read(1, 2, out.data());
  EXPECT_EQ(out, (std::vector<float>{3, 4, 5, 6}));
  both.read(2, 1, out.data());
  EXPECT_EQ(out[0], 5);
  EXPECT_THROW(index::joined(index::rows_of({a.data(), 1, 4}), index::rows_of({b.data(), 1, 2})),
               Error);
}

// Experiment E2 of the curation specification: 20,000 rows, 2,500 of them with copies, one chain.
class E2 : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    copies_ = new Copies(with_copies(20000, 256, 0));
    exact_ = new Graph(exact_graph(rows_of(copies_->planted.matrix()), {.threshold = 0.6}));
  }
  static void TearDownTestSuite() {
    delete copies_;
    delete exact_;
  }
  static Copies* copies_;
  static Graph* exact_;
};
Copies* E2::copies_ = nullptr;
Graph* E2::exact_ = nullptr;

TEST_F(E2, ExactSearchFindsThePlantedGroupsAndNothingElse) {
  const int64_t rows = copies_->planted.rows();
  const auto component = connected_components(static_cast<uint32_t>(rows), exact_->edges);
  EXPECT_EQ(std::set<uint32_t>(component.begin(), component.end()).size(), 20000);
  for (int64_t i = 0; i < 20000; ++i) EXPECT_EQ(component[i], i);
  for (int64_t i = 20000; i < rows; ++i) EXPECT_LT(component[i], 2500);
}

TEST_F(E2, AChainIsOneComponentButNoStar) {
  Planted chained = copies_->planted;
  const int64_t before = chained.rows();
  chained.add_random(1);
  for (int i = 0; i < 40; ++i) {
    const std::vector<float> last(chained.values.end() - chained.dim, chained.values.end());
    chained.add_near(last.data(), 0.75);
  }
  const auto n = static_cast<uint32_t>(chained.rows());
  const Graph graph = exact_graph(rows_of(chained.matrix()), {.threshold = 0.6});
  EXPECT_EQ(component_linkage(n, graph.edges).kept, 20001);
  EXPECT_EQ(component_linkage(n, graph.edges).largest, 41);
  const Groups star = star_linkage(n, graph.edges);
  for (const Edge& e : graph.edges)
    EXPECT_FALSE(star.representative[e.a] == e.a && star.representative[e.b] == e.b);
  for (uint32_t i = 0; i < n; ++i) {
    EXPECT_GT(star.similarity[i], 0.6F);
  }
  int64_t kept_of_chain = 0;
  for (uint32_t i = before; i < n; ++i) kept_of_chain += star.representative[i] == i;
  EXPECT_GE(kept_of_chain, 14) << "no row goes with one two links away or more, but by chance";
}

TEST_F(E2, BucketsFindNearlyAllAndSayHowMany) {
  const Rows rows = rows_of(copies_->planted.matrix());
  for (const auto& [probes, least] : {std::pair(8, 0.999), {1, 0.86}}) {
    const Graph graph = bucketed_graph(rows, {.threshold = 0.6}, {.lists = 128, .probes = probes});
    const double recall =
        static_cast<double>(graph.edges.size()) / static_cast<double>(exact_->edges.size());
    RecordProperty("recall_" + std::to_string(probes), std::to_string(recall));
    EXPECT_GE(recall, least) << probes;
    EXPECT_TRUE(std::ranges::includes(exact_->edges, graph.edges, [](const Edge& x, const Edge& y) {
      return std::tuple(x.a, x.b, x.similarity) < std::tuple(y.a, y.b, y.similarity);
    })) << "found edges are the exact ones, bit for bit";
    EXPECT_GT(graph.recall_edges, 100);
    EXPECT_NEAR(graph.recall, recall, 0.05);
  }
}

TEST(BucketedGraph, ThreadsAndMemoryDoNotChangeTheBits) {
  const Copies c = with_copies(3000, 24, 5);
  const Rows rows = rows_of(c.planted.matrix());
  const BucketOptions how{.lists = 30, .probes = 2};
  const Graph one = bucketed_graph(rows, {.threshold = 0.7, .neighbours = 6, .threads = 1}, how);
  const Graph parts = bucketed_graph(
      rows, {.threshold = 0.7, .neighbours = 6, .memory_bytes = 50000, .threads = 4}, how);
  EXPECT_GT(one.edges.size(), 300);
  EXPECT_EQ(one.edges, parts.edges);
  EXPECT_EQ(one.recall, parts.recall);
  EXPECT_TRUE(bucketed_graph({.rows = 0, .dim = 4, .read = {}}).edges.empty());
}

TEST(BucketedGraph, TakesMoreProbesUntilEnoughIsFound) {
  const Copies c = with_copies(3000, 24, 5);
  const Rows rows = rows_of(c.planted.matrix());
  const auto found = [&](double recall) {
    return bucketed_graph(rows, {.threshold = 0.7}, {.lists = 60, .probes = 1, .recall = recall});
  };
  const Graph few = found(0), enough = found(0.99);
  EXPECT_EQ(few.probes, 1);
  EXPECT_LT(few.recall, 0.95);
  EXPECT_GT(enough.probes, 1);
  EXPECT_GE(enough.recall, 0.99);
  EXPECT_GT(enough.edges.size(), few.edges.size());
}

TEST(BucketedGraph, LooksEverywhereWithAsManyProbesAsLists) {
  const Copies c = with_copies(1000, 8, 6);
  const Rows rows = rows_of(c.planted.matrix());
  const Graph all = bucketed_graph(rows, {.threshold = 0.8}, {.lists = 10, .probes = 10});
  EXPECT_EQ(all.edges, exact_graph(rows, {.threshold = 0.8}).edges);
  EXPECT_EQ(all.recall, 1);
}

TEST(RelativeDedup, DropsAllPlantedLeaksAndNothingElse) {
  Planted references{.dim = 256, .random = Random(8)};
  references.add_random(500);
  Planted pool{.dim = 256, .random = Random(9)};
  pool.add_random(15000);
  for (int i = 0; i < 1500; ++i)
    pool.add_near(references.matrix().row(i % 500), pool.random.uniform(0.5, 0.95));
  const Rows all = joined(rows_of(pool.matrix()), rows_of(references.matrix()));
  const Graph graph = exact_graph(all, {.threshold = 0.45});
  for (const RelativeMode mode : {RelativeMode::component, RelativeMode::neighbour}) {
    const Relative found = drop_relatives(16500, 17000, graph.edges, mode);
    EXPECT_EQ(found.count, 1500);
    for (int64_t i = 15000; i < 16500; ++i) {
      EXPECT_TRUE(found.dropped[i]);
      EXPECT_EQ(found.reference[i], i % 500);
    }
  }
}

}  // namespace
}  // namespace troodon::curate
