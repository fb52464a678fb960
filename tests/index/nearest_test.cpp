#include "index/nearest.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::index {
namespace {

std::vector<float> random_rows(int64_t rows, int64_t dim, uint64_t seed) {
  Random random(seed);
  std::vector<float> out(static_cast<size_t>(rows * dim));
  for (float& v : out) v = static_cast<float>(random.normal());
  return out;
}

/// The plain version: all products in double, fully sorted.
std::vector<int64_t> plain_nearest(const float* query, const Matrix& base, int64_t k) {
  std::vector<double> score(static_cast<size_t>(base.rows));
  for (int64_t b = 0; b < base.rows; ++b)
    score[b] = std::inner_product(query, query + base.dim, base.row(b), 0.0);
  std::vector<int64_t> order(score.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater<>(), [&](int64_t i) { return score[i]; });
  order.resize(static_cast<size_t>(k));
  return order;
}

TEST(Nearest, AgreesWithThePlainVersionForAnyShape) {
  for (const auto& [queries, rows, dim] :
       {std::tuple(1, 1000, 33), {40, 500, 8}, {67, 301, 5}, {5, 7, 100}}) {
    const auto q = random_rows(queries, dim, 1), b = random_rows(rows, dim, 2);
    const Matrix base{b.data(), rows, dim};
    const Neighbours found = nearest({q.data(), queries, dim}, base, {.k = 7});
    for (int64_t i = 0; i < queries; ++i) {
      const auto index = found.index_of(i);
      EXPECT_EQ(std::vector<int64_t>(index.begin(), index.end()),
                plain_nearest(&q[i * dim], base, 7))
          << rows;
      EXPECT_TRUE(std::ranges::is_sorted(found.score_of(i), std::greater<>()));
    }
  }
}

TEST(Nearest, ThreadsAndCompanyDoNotChangeTheBits) {
  const auto q = random_rows(50, 37, 3), b = random_rows(2000, 37, 4);
  const Matrix base{b.data(), 2000, 37};
  const Neighbours one = nearest({q.data(), 50, 37}, base, {.k = 20, .threads = 1});
  const Neighbours four = nearest({q.data(), 50, 37}, base, {.k = 20, .threads = 4});
  EXPECT_EQ(one.index, four.index);
  EXPECT_EQ(one.score, four.score);
  const Neighbours alone = nearest({&q[49 * 37], 1, 37}, base, {.k = 20});
  EXPECT_TRUE(std::ranges::equal(alone.score, one.score_of(49)));
}

TEST(Nearest, EqualScoresGoByTheLowerRow) {
  const std::vector<float> base(200, 1.0F), query = {1.0F, 1.0F};
  const Neighbours found = nearest({query.data(), 1, 2}, {base.data(), 100, 2}, {.k = 4});
  EXPECT_EQ(found.index, (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(Nearest, SkipsItselfOnRequest) {
  const std::vector<float> base = {1, 0, 0.9F, 0.1F, 0, 1};
  const Matrix matrix{base.data(), 3, 2};
  EXPECT_EQ(nearest(matrix, matrix, {.k = 1}).index, (std::vector<int64_t>{0, 0, 2}));
  EXPECT_EQ(nearest(matrix, matrix, {.k = 1, .skip_self = true}).index,
            (std::vector<int64_t>{1, 0, 1}));
  EXPECT_EQ(nearest(matrix, matrix, {.k = 9, .skip_self = true}).k, 2);
}

TEST(Nearest, RefusesOtherWidths) {
  const std::vector<float> v(6);
  EXPECT_THROW(nearest({v.data(), 2, 3}, {v.data(), 3, 2}), Error);
  EXPECT_EQ(nearest({v.data(), 2, 3}, {v.data(), 0, 3}).k, 0);
}

}  // namespace
}  // namespace troodon::index
