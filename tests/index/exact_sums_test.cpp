#include "index/exact_sums.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kRows = 5000, kDim = 19, kClusters = 7;

struct Drawn {
  std::vector<float> values = std::vector<float>(kRows * kDim);
  std::vector<uint32_t> none = std::vector<uint32_t>(kRows, ExactSums::kNone);
  std::vector<uint32_t> cluster = std::vector<uint32_t>(kRows);

  Drawn() {
    Random random(3);
    for (float& v : values) v = static_cast<float>(random.normal() * 100);
    for (uint32_t& c : cluster) c = static_cast<uint32_t>(random.integer(0, kClusters - 1));
  }
  Matrix matrix() const { return {values.data(), kRows, kDim}; }
};

TEST(ExactSums, AreThoseInDouble) {
  const Drawn d;
  const double largest = largest_of(d.matrix(), 2);
  ExactSums sums(kClusters, kDim, kRows, largest);
  sums.move(d.matrix(), d.none, d.cluster, 3);
  std::vector<double> sum(kDim);
  for (uint32_t c = 0; c < kClusters; ++c) {
    std::vector<double> plain(kDim);
    int64_t size = 0;
    for (int64_t i = 0; i < kRows; ++i) {
      if (d.cluster[i] != c) continue;
      ++size;
      for (int64_t k = 0; k < kDim; ++k) plain[k] += d.values[i * kDim + k];
    }
    EXPECT_EQ(sums.size_of(c), size);
    sums.sum_of(c, sum);
    for (int64_t k = 0; k < kDim; ++k)
      EXPECT_NEAR(sum[k], plain[k], static_cast<double>(size) * largest * 0x1p-41);
  }
}

TEST(ExactSums, DoNotKnowInWhichOrderRowsCame) {
  const Drawn d;
  ExactSums whole(kClusters, kDim, kRows, 1000), parts(kClusters, kDim, kRows, 1000);
  whole.move(d.matrix(), d.none, d.cluster, 1);
  // The second half first, all in the wrong clusters, and then put right.
  const std::vector<uint32_t> wrong(kRows, 2);
  const Matrix second{d.values.data() + kRows / 2 * kDim, kRows / 2, kDim};
  const Matrix first{d.values.data(), kRows / 2, kDim};
  const auto half = [](const std::vector<uint32_t>& all, int64_t which) {
    return std::span(all).subspan(which * kRows / 2, kRows / 2);
  };
  parts.move(second, half(d.none, 1), half(wrong, 1), 4);
  parts.move(first, half(d.none, 0), half(d.cluster, 0), 2);
  parts.move(second, half(wrong, 1), half(d.cluster, 1), 4);
  EXPECT_EQ(whole.numbers(), parts.numbers());
}

TEST(ExactSums, HoldTheLargestValuesOfAllRows) {
  const std::vector<float> rows(4096, std::numeric_limits<float>::max());
  ExactSums sums(1, 1, 4096, std::numeric_limits<float>::max());
  const std::vector<uint32_t> none(4096, ExactSums::kNone), zero(4096, 0);
  sums.move({rows.data(), 4096, 1}, none, zero, 1);
  double sum = 0;
  sums.sum_of(0, {&sum, 1});
  EXPECT_DOUBLE_EQ(sum, 4096.0 * std::numeric_limits<float>::max());
}

TEST(LargestOf, IsNoNumberWhereARowIsNone) {
  std::vector<float> values = {1, -3, 2, 0};
  EXPECT_EQ(largest_of({values.data(), 2, 2}, 1), 3);
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    values[3] = bad;
    EXPECT_TRUE(std::isnan(largest_of({values.data(), 2, 2}, 1)));
  }
}

}  // namespace
}  // namespace troodon::index
