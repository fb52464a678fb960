#include "index/nearest.hpp"

#include <algorithm>
#include <cmath>
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

/// Each query alone, where every product is computed in float32, and all together, where tiles of
/// bfloat16 look first if the CPU has them.
void expect_same_alone_and_together(const std::vector<float>& rows, int64_t dim, int64_t queries) {
  const Matrix base{rows.data(), static_cast<int64_t>(rows.size()) / dim, dim};
  const Neighbours together = nearest({base.data, queries, dim}, base, {.k = 9});
  for (int64_t i = 0; i < queries; i += 17) {
    const Neighbours alone = nearest({base.row(i), 1, dim}, base, {.k = 9});
    EXPECT_TRUE(std::ranges::equal(alone.index, together.index_of(i))) << i;
    EXPECT_TRUE(std::ranges::equal(alone.score, together.score_of(i))) << i;
  }
}

TEST(Nearest, ARoughFirstLookChangesNoBitOfTheAnswer) {
  expect_same_alone_and_together(random_rows(5000, 70, 5), 70, 700);
  expect_same_alone_and_together(random_rows(1000, 128, 6), 128, 999);
}

/// What rounding to bfloat16 takes from 1 and what lies just above it: all of kLost.
constexpr float kLost = 0.99F * 0x1p-9F;

/// 300 queries that all are `query`, and the place at which they find the last of the rows.
int64_t place_of_last(const std::vector<float>& query, const std::vector<float>& rows) {
  const auto dim = static_cast<int64_t>(query.size());
  std::vector<float> queries;
  for (int i = 0; i < 300; ++i) queries.insert(queries.end(), query.begin(), query.end());
  const Matrix base{rows.data(), static_cast<int64_t>(rows.size()) / dim, dim};
  const auto found = nearest({queries.data(), 300, dim}, base, {.k = 3});
  const auto index = found.index_of(299);
  return std::ranges::find(index, base.rows - 1) - index.begin();
}

TEST(Nearest, ARowThatRoundingHasPutBehindOthersIsFound) {
  const int64_t dim = 128;
  std::vector<float> rows, query(dim, 1.0F);
  for (int i = 0; i < 10 * dim; ++i) rows.push_back(i % 8 == 0 ? 1 + 0x1p-7F : 1.0F);
  rows.insert(rows.end(), dim, 1 + kLost);  // twice as far above 1 as the others' mean
  EXPECT_EQ(place_of_last(query, rows), 0);
}

TEST(Nearest, AQueryThatRoundingHasTurnedFindsItsRow) {
  const int64_t dim = 128;
  std::vector<float> rows, query;
  for (int d = 0; d < dim; ++d) query.push_back(d % 2 == 0 ? 1 + kLost : 1 - kLost);
  for (int i = 0; i < 10 * dim; ++i)
    rows.push_back(i % 2 == 0 ? 0.0F : i / 2 % 8 < 3 ? 1 + 0x1p-7F : 1.0F);
  for (int d = 0; d < dim; ++d) rows.push_back(d % 2 == 0 ? 1.0F : 0.0F);
  EXPECT_EQ(place_of_last(query, rows), 0);
}

TEST(Nearest, RowsTooCloseForARoughLookAreToldApart) {
  const int64_t dim = 96;
  auto rows = random_rows(9000, dim, 7);
  const auto middle = random_rows(1, dim, 8);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = middle[i % dim] + 1e-4F * rows[i];
  expect_same_alone_and_together(rows, dim, 300);
}

TEST(Nearest, LengthsFarApartAreSearchedExactly) {
  const int64_t dim = 64;
  auto rows = random_rows(3000, dim, 9);
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i] *= std::pow(10.0F, static_cast<float>(static_cast<int64_t>(i) / dim % 13 - 6));
  expect_same_alone_and_together(rows, dim, 600);
}

TEST(Nearest, OfManyEqualRowsTheFirstAreFound) {
  const int64_t dim = 64, copies = 40;
  const auto few = random_rows(50, dim, 10);
  std::vector<float> rows;
  for (int64_t i = 0; i < copies; ++i) rows.insert(rows.end(), few.begin(), few.end());
  const Matrix base{rows.data(), 50 * copies, dim};
  const Neighbours found = nearest({rows.data(), 400, dim}, base, {.k = 12});
  for (int64_t q = 0; q < 400; ++q)
    for (int64_t i = 0; i < 12; ++i) ASSERT_EQ(found.index_of(q)[i], q % 50 + 50 * i) << q;
}

TEST(Nearest, NaNIsWorseThanAnyNumber) {
  for (const int64_t queries : {3, 300}) {
    auto rows = random_rows(400, 64, 11);
    for (int64_t i = 0; i < 64; ++i) rows[100 * 64 + i] = std::nanf("");
    const Neighbours found =
        nearest({rows.data(), queries, 64}, {rows.data(), 400, 64}, {.k = 400});
    for (const int64_t q : {0, 2}) {
      EXPECT_EQ(found.index_of(q).back(), 100);
      EXPECT_EQ(found.index_of(q).front(), q);
    }
  }
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
