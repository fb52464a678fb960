#include "graph/graph.hpp"

#include <cmath>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "graph/clumps.hpp"

namespace troodon::graph {
namespace {

using index::Matrix;

double recall_of(const Graph& graph, const Matrix& base, const Matrix& queries, int64_t width) {
  const auto exact = index::nearest(queries, base, {.k = 10});
  const auto found = graph.search(queries, {.k = 10, .width = width});
  int64_t hits = 0;
  for (int64_t q = 0; q < queries.rows; ++q) {
    const std::set<int64_t> wanted(exact.index_of(q).begin(), exact.index_of(q).end());
    for (const int64_t row : found.index_of(q)) hits += static_cast<int64_t>(wanted.count(row));
  }
  return static_cast<double>(hits) / static_cast<double>(exact.index.size());
}

TEST(Graph, FindsNearlyAllNeighboursOfQueriesItNeverSaw) {
  const Clumps base(4000, 96, 1), queries(100, 96, 2);
  const Graph graph = Graph::build(base.matrix());
  EXPECT_GT(recall_of(graph, base.matrix(), queries.matrix(), 64), 0.97);
  EXPECT_GT(recall_of(graph, base.matrix(), queries.matrix(), 256), 0.995);
}

TEST(Graph, ScoresAreTheExactProductsWhereOriginalsAreKept) {
  const Clumps base(600, 48, 1), queries(5, 48, 2);
  for (const auto& [originals, within] : {std::pair{Originals::full, 1e-6F},
                                          std::pair{Originals::half, 5e-4F},
                                          std::pair{Originals::none, 2e-2F}}) {
    const Graph graph = Graph::build(base.matrix(), {.originals = originals});
    const auto found = graph.search(queries.matrix(), {.k = 10});
    for (int64_t q = 0; q < 5; ++q) {
      for (int64_t i = 0; i < 10; ++i) {
        double product = 0;
        for (int64_t d = 0; d < 48; ++d)
          product +=
              double{queries.matrix().row(q)[d]} * base.matrix().row(found.index_of(q)[i])[d];
        EXPECT_NEAR(found.score_of(q)[i], product, within);
        EXPECT_LE(found.score_of(q)[i], found.score_of(q)[std::max<int64_t>(i - 1, 0)]);
      }
    }
  }
}

TEST(Graph, IsTheSameForAnyNumberOfThreads) {
  const Clumps base(3000, 32, 3);
  const TemporaryFolder folder;
  Graph::build(base.matrix(), {.threads = 1}).save(folder.path / "one");
  Graph::build(base.matrix(), {.threads = 4}).save(folder.path / "four");
  EXPECT_EQ(read_bytes(folder.path / "one"), read_bytes(folder.path / "four"));
}

TEST(Graph, RowsAddedLaterAreFoundLikeTheFirst) {
  const Clumps base(4000, 64, 1), queries(100, 64, 2);
  const Matrix all = base.matrix();
  Graph graph = Graph::build({all.data, 1500, 64});
  graph.add({all.row(1500), 2000, 64});
  graph.add({all.row(3500), 500, 64});
  EXPECT_EQ(graph.rows(), 4000);
  EXPECT_GT(recall_of(graph, all, queries.matrix(), 128), 0.97);
}

TEST(Graph, GrowsFromNothing) {
  const Clumps base(50, 16, 1);
  Graph graph = Graph::build({base.matrix().data, 0, 16});
  EXPECT_EQ(graph.search(base.matrix(), {.k = 3}).index[0], -1);
  graph.add(base.matrix());
  const auto found = graph.search(base.matrix(), {.k = 1});
  for (int64_t i = 0; i < 50; ++i) EXPECT_EQ(found.index[i], i);
}

TEST(Graph, OfAThousandCopiesFindsTheOthersStill) {
  Clumps base(1500, 32, 1);
  for (int64_t i = 0; i < 1000; ++i)
    std::copy_n(base.values.begin(), 32, base.values.begin() + i * 32);
  const Graph graph = Graph::build(base.matrix());
  const Matrix others{base.matrix().row(1000), 500, 32};
  const auto found = graph.search(others, {.k = 1, .width = 64});
  int64_t themselves = 0;
  for (int64_t i = 0; i < 500; ++i) themselves += found.index[i] == 1000 + i ? 1 : 0;
  EXPECT_GE(themselves, 495);
}

TEST(Graph, FindsEachOfFiveCopies) {
  Clumps base(5000, 32, 1);
  for (int64_t i = 1000; i < 5000; ++i)
    std::copy_n(base.values.begin() + i % 1000 * 32, 32, base.values.begin() + i * 32);
  const Graph graph = Graph::build(base.matrix());
  const auto found = graph.search({base.values.data(), 1000, 32}, {.k = 5, .width = 64});
  int64_t copies = 0;
  for (int64_t q = 0; q < 1000; ++q)
    for (const int64_t row : found.index_of(q)) copies += row % 1000 == q ? 1 : 0;
  EXPECT_GE(copies, 4950);
}

TEST(Graph, RemovedRowsAreFoundNoMoreAndTheirNeighboursStill) {
  const Clumps base(3000, 32, 1), queries(50, 32, 2);
  Graph graph = Graph::build(base.matrix());
  std::vector<int64_t> gone;
  for (int64_t row = 0; row < 3000; row += 2) gone.push_back(row);
  graph.remove(gone);
  graph.remove(gone);
  EXPECT_EQ(graph.removed(), 1500);
  std::vector<float> left;
  for (int64_t row = 1; row < 3000; row += 2)
    left.insert(left.end(), base.matrix().row(row), base.matrix().row(row) + 32);
  const auto exact = index::nearest(queries.matrix(), {left.data(), 1500, 32}, {.k = 10});
  const auto found = graph.search(queries.matrix(), {.k = 10, .width = 128});
  int64_t hits = 0;
  for (int64_t q = 0; q < 50; ++q) {
    for (const int64_t row : found.index_of(q)) {
      EXPECT_EQ(row % 2, 1);
      hits += std::count(exact.index_of(q).begin(), exact.index_of(q).end(), (row - 1) / 2);
    }
  }
  EXPECT_GT(hits, 475);  // of 500
  EXPECT_THROW(graph.remove(std::vector<int64_t>{3000}), Error);
}

TEST(Graph, FindsAllowedRowsHoweverFewOrFarTheyAre) {
  const Clumps base(20000, 32, 1);
  const Graph graph = Graph::build(base.matrix(), {.width = 64});
  for (const int64_t every : {2, 50, 5000}) {
    // The allowed are those least like the query.
    const auto far = index::nearest({base.matrix().row(7), 1, 32}, base.matrix(), {.k = 20000});
    Bits allow(20000 / 64 + 1);
    const int64_t allowed = 20000 / every;
    for (int64_t i = 0; i < allowed; ++i) {
      const int64_t row = far.index[19999 - i];
      allow[row / 64] |= uint64_t{1} << (row % 64);
    }
    const auto found =
        graph.search({base.matrix().row(7), 1, 32}, {.k = 10, .width = 64, .allow = &allow});
    const int64_t there = std::min<int64_t>(allowed, 10);
    // Where allowed rows end, hundreds are as near as codes can tell.
    for (int64_t i = 0; i < there; ++i)
      EXPECT_GE(found.score[i], far.score[20000 - allowed + i] - 0.003F) << "one of " << every;
    for (int64_t i = there; i < 10; ++i) EXPECT_EQ(found.index[i], -1);
  }
}

TEST(Graph, AnEmptyAllowanceFindsNothing) {
  const Clumps base(100, 32, 1);
  const Graph graph = Graph::build(base.matrix());
  const Bits none;
  const auto found = graph.search(base.matrix(), {.k = 2, .allow = &none});
  for (const int64_t row : found.index) EXPECT_EQ(row, -1);
}

TEST(Graph, TunesItsWidthToTheRecallThatIsAskedFor) {
  const Clumps base(8000, 64, 1), queries(200, 64, 2);
  Graph graph = Graph::build(base.matrix());
  const Recall recall = graph.tune({.target = 0.95});
  EXPECT_TRUE(recall.reached);
  EXPECT_EQ(graph.width(), recall.width);
  EXPECT_EQ(graph.tuned_recall(), recall.recall);
  // A sample of 256 x 10 neighbours: two standard deviations are below 0.02.
  EXPECT_GT(recall_of(graph, base.matrix(), queries.matrix(), 0), 0.93);
  EXPECT_NEAR(graph.recall_on_sample(recall.width).recall, recall.recall, 1e-12);
}

TEST(Graph, TunesWithCodesAloneAndWithRemovedRows) {
  const Clumps base(2000, 64, 1);
  Graph graph = Graph::build(base.matrix(), {.originals = Originals::none});
  graph.remove(std::vector<int64_t>{1, 2, 3});
  EXPECT_GT(graph.tune({.target = 0.9}).recall, 0.9);
}

TEST(Graph, ReadersAtOnceFindWhatOneFinds) {
  const Clumps base(3000, 32, 1), queries(64, 32, 2);
  const Graph graph = Graph::build(base.matrix());
  const auto alone = graph.search(queries.matrix());
  std::vector<index::Neighbours> found(4);
  {
    std::vector<std::jthread> readers;
    for (auto& mine : found)
      readers.emplace_back([&] { mine = graph.search(queries.matrix(), {.threads = 2}); });
  }
  for (const auto& mine : found) {
    EXPECT_EQ(mine.index, alone.index);
    EXPECT_EQ(mine.score, alone.score);
  }
}

TEST(Graph, RefusesWhatIsNoUnitVector) {
  Clumps base(10, 16, 1);
  base.values[3 * 16] = NAN;
  EXPECT_THROW(Graph::build(base.matrix()), Error);
  base.values[3 * 16] = 5;
  EXPECT_THROW(Graph::build(base.matrix()), Error);
  EXPECT_THROW(Graph::build({base.values.data(), 1, 0}), Error);
  EXPECT_THROW(Graph::build(Clumps(10, 16, 1).matrix(), {.degree = 1}), Error);
  const Graph graph = Graph::build(Clumps(10, 16, 1).matrix());
  EXPECT_THROW((void)graph.search(Clumps(1, 8, 1).matrix()), Error);
}

TEST(Graph, TakesAnyWidthOfVectors) {
  for (const int64_t dim : {1, 2, 3, 63, 65, 100}) {
    const Clumps base(300, dim, 1);
    const auto found = Graph::build(base.matrix()).search(base.matrix(), {.k = 1, .width = 32});
    int64_t right = 0;
    for (int64_t i = 0; i < 300; ++i) right += found.score[i] > 0.999F ? 1 : 0;
    EXPECT_GE(right, 297) << dim;
  }
}

TEST(Graph, StopsWhenInterrupted) {
  interrupt();
  EXPECT_THROW(Graph::build(Clumps(100, 16, 1).matrix()), Error);
  clear_interrupt();
}

}  // namespace
}  // namespace troodon::graph
