#include "index/knn.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::index {
namespace {

/// Points around the axes: class c lies near axis c.
Features around_axes(int64_t classes, int64_t each, double noise, uint64_t seed) {
  Random random(seed);
  Features out{.rows = classes * each, .dim = classes};
  for (int64_t i = 0; i < out.rows; ++i) {
    out.labels.push_back(i % classes);
    for (int64_t d = 0; d < classes; ++d) {
      out.values.push_back(static_cast<float>((d == i % classes) + noise * random.normal()));
    }
  }
  return out;
}

TEST(Knn, WeightsAreASoftmaxOverTheLargestK) {
  const std::vector<float> train = {1, 0, 0.8F, 0.6F, 0, 1};  // cosines to the query: 1, 0.8, 0
  const std::vector<int64_t> labels = {0, 1, 1};
  const std::vector<float> query = {1, 0};
  const KnnVotes votes = knn_votes({train.data(), 3, 2},
                                   labels,
                                   {query.data(), 1, 2},
                                   {.neighbours = {3, 1}, .temperature = 0.5});
  const double total = std::exp(2.0) + std::exp(1.6) + 1;
  ASSERT_EQ(votes.neighbours, (std::vector<int64_t>{1, 3}));
  EXPECT_NEAR(votes.probabilities[0][0], std::exp(2.0) / total, 1e-6);
  EXPECT_EQ(votes.probabilities[0][1], 0);
  EXPECT_NEAR(votes.probabilities[1][1], (std::exp(1.6) + 1) / total, 1e-6);
}

TEST(Knn, LargerKThanExamplesIsCut) {
  const std::vector<float> train = {1, 0};
  const std::vector<int64_t> labels = {2};
  const KnnVotes votes = knn_votes({train.data(), 1, 2}, labels, {train.data(), 1, 2});
  EXPECT_EQ(votes.neighbours, (std::vector<int64_t>{1}));
  EXPECT_EQ(votes.classes, 3);
}

TEST(FewShot, TakesThatManyOfEachClass) {
  const std::vector<int64_t> labels = {1, 0, 1, 0, 0, 2};
  const auto rows = few_shot_rows(labels, 2, 0);
  ASSERT_EQ(rows.size(), 5);
  const std::vector<int64_t> expected = {0, 0, 1, 1, 2};
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(labels[rows[i]], expected[i]);
}

TEST(KnnEvaluate, SeparatedClassesAreFoundAlsoWithFewExamples) {
  const Features train = around_axes(8, 40, 0.05, 1), val = around_axes(8, 10, 0.05, 2);
  const auto results =
      knn_evaluate(train, val, {.neighbours = {10, 20}, .per_class = {-1, 5}, .tries = 2});
  ASSERT_EQ(results.size(), 3);
  EXPECT_EQ(results[2].per_class, 5);
  EXPECT_EQ(results[2].neighbours, 5);
  for (const KnnResult& result : results) EXPECT_NEAR(result.top1, 1, 1e-12);
}

TEST(KnnEvaluate, ClassesAreMatchedByName) {
  Features train = around_axes(2, 20, 0.05, 1), val = around_axes(2, 20, 0.05, 2);
  train.classes = {"cat", "dog"};
  val.classes = {"dog", "cat"};
  EXPECT_NEAR(knn_evaluate(train, val, {.neighbours = {5}})[0].top1, 0, 1e-12);
}

TEST(KnnEvaluate, NeedsLabels) {
  Features bare = around_axes(2, 4, 0, 1);
  const Features train = bare;
  bare.labels.assign(bare.labels.size(), -1);
  EXPECT_THROW(knn_evaluate(train, bare), Error);
  bare.labels.clear();
  EXPECT_THROW(knn_evaluate(bare, train), Error);
}

}  // namespace
}  // namespace troodon::index
