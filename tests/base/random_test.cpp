#include "base/random.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace troodon {
namespace {

TEST(Random, SameSeedSameDraws) {
  Random a(7), b(7), c(8);
  EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(a.next(), c.next());
}

TEST(Random, IntegersCoverTheRangeAndNothingElse) {
  Random random(1);
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.integer(-2, 3));
  EXPECT_EQ(seen, (std::set<int64_t>{-2, -1, 0, 1, 2, 3}));
}

TEST(Random, UniformHasTheRightMean) {
  Random random(2);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) sum += random.uniform();
  EXPECT_NEAR(sum / 100000, 0.5, 5 * 0.2887 / std::sqrt(100000.0));  // five standard errors
}

TEST(Random, PermutationHoldsEachIndexOnce) {
  auto order = Random(3).permutation(100);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

// Expected values: torch.manual_seed(0); torch.empty(2).uniform_(); torch.manual_seed(0);
// torch.randperm(8)
TEST(TorchRandom, EqualsPyTorch) {
  TorchRandom uniform(0);
  EXPECT_FLOAT_EQ(uniform.uniform(0, 1), 0.49625658988952637F);
  EXPECT_FLOAT_EQ(uniform.uniform(0, 1), 0.7682217955589294F);
}

TEST(Mix, WordsChangeTheSeed) {
  EXPECT_NE(mix(1, 2), mix(2, 1));
  EXPECT_NE(mix(1, 2, 3), mix(1, 2, 4));
}

}  // namespace
}  // namespace troodon
