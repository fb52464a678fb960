#include "evaluate/discover.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace troodon::evaluate {
namespace {

double sum_of(const std::vector<double>& gain,
              int64_t columns,
              const std::vector<int64_t>& pairing) {
  double sum = 0;
  for (size_t row = 0; row < pairing.size(); ++row)
    if (pairing[row] >= 0)
      sum += gain[row * static_cast<size_t>(columns) + static_cast<size_t>(pairing[row])];
  return sum;
}

TEST(BestPairing, NoOtherPairingHasMore) {
  Random random(3);
  constexpr int64_t kSide = 6;
  for (int round = 0; round < 20; ++round) {
    std::vector<double> gain(kSide * kSide);
    for (double& value : gain) value = random.uniform();
    const auto found = best_pairing(gain, kSide, kSide);
    std::vector<int64_t> every(kSide);
    std::iota(every.begin(), every.end(), 0);
    double best = 0;
    do best = std::max(best, sum_of(gain, kSide, every));
    while (std::ranges::next_permutation(every).found);
    EXPECT_NEAR(sum_of(gain, kSide, found), best, 1e-12);
  }
}

TEST(BestPairing, MoreRowsThanColumnsLeaveSomeOut) {
  EXPECT_EQ(best_pairing({1, 5, 9}, 3, 1), (std::vector<int64_t>{-1, -1, 0}));
  EXPECT_EQ(best_pairing({1, 5, 9}, 1, 3), (std::vector<int64_t>{2}));
}

}  // namespace
}  // namespace troodon::evaluate
