#include "data/sampler.hpp"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::data {
namespace {

std::vector<int64_t> draw(const Sampler& sampler, uint64_t first, int64_t count) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(sampler.at(first + static_cast<uint64_t>(i)));
  return out;
}

TEST(Shuffled, IsABijectionOfAnySize) {
  for (const int64_t n : {1, 2, 3, 10, 97, 1000}) {
    std::set<int64_t> seen;
    for (int64_t i = 0; i < n; ++i) seen.insert(shuffled(i, n, 5));
    EXPECT_EQ(static_cast<int64_t>(seen.size()), n);
    EXPECT_EQ(*seen.begin(), 0);
    EXPECT_EQ(*seen.rbegin(), n - 1);
  }
}

TEST(Shuffled, EveryOrderOfFourIsAboutEquallyLikely) {
  std::vector<int> count(256);
  constexpr int kKeys = 24000;
  for (uint64_t key = 0; key < kKeys; ++key) {
    int code = 0;
    for (int64_t i = 0; i < 4; ++i) code = code * 4 + static_cast<int>(shuffled(i, 4, key));
    ++count[static_cast<size_t>(code)];
  }
  double chi_square = 0;
  int orders = 0;
  for (const int c : count) {
    if (c == 0) continue;
    ++orders;
    chi_square += (c - 1000.0) * (c - 1000.0) / 1000.0;
  }
  EXPECT_EQ(orders, 24);
  EXPECT_LT(chi_square, 60);  // 23 degrees of freedom: beyond 60 once in 30000
}

TEST(Shuffled, NeighboursDoNotStayTogether) {
  constexpr int64_t kItems = 10000;
  int64_t close = 0;
  for (int64_t i = 0; i + 1 < kItems; ++i) {
    close += std::abs(shuffled(i, kItems, 9) - shuffled(i + 1, kItems, 9)) < 100;
  }
  EXPECT_NEAR(static_cast<double>(close), 200, 60);  // 2 * 100 / 10000 of the pairs by chance
}

TEST(Sampler, OnePassShowsEveryItemOnceOverAllRanks) {
  for (const auto kind : {SamplerKind::epoch, SamplerKind::infinite}) {
    std::multiset<int64_t> seen;
    for (int rank = 0; rank < 3; ++rank) {
      const Sampler sampler({.kind = kind, .items = 11, .seed = 4, .rank = rank, .world = 3});
      EXPECT_EQ(sampler.pass_length(), rank < 2 ? 4 : 3);
      for (const int64_t item : draw(sampler, 0, sampler.pass_length())) seen.insert(item);
    }
    EXPECT_EQ(seen.size(), 11);
    EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 11);
  }
}

TEST(Sampler, EpochRepeatsItemsUpToItsSize) {
  const Sampler sampler({.kind = SamplerKind::epoch, .items = 4, .epoch_size = 10});
  std::vector<int> count(4);
  for (const int64_t item : draw(sampler, 0, sampler.pass_length()))
    ++count[static_cast<size_t>(item)];
  EXPECT_EQ(count, (std::vector<int>{3, 3, 2, 2}));
}

TEST(Sampler, ARankKeepsItsShard) {
  std::set<int64_t> all;
  for (int rank = 0; rank < 4; ++rank) {
    const Sampler sampler({.items = 42, .seed = 7, .rank = rank, .world = 4});
    ASSERT_EQ(sampler.pass_length(), 10);
    const auto first = draw(sampler, 0, 10), second = draw(sampler, 10, 10);
    const std::set<int64_t> shard(first.begin(), first.end());
    EXPECT_EQ(shard, std::set<int64_t>(second.begin(), second.end()));
    EXPECT_NE(first, second);
    all.insert(shard.begin(), shard.end());
  }
  EXPECT_EQ(all.size(), 40);  // the two left over are never shown, as officially
}

TEST(Sampler, SeedsAndPassesGiveOtherOrders) {
  const Sampler one({.items = 100, .seed = 1}), two({.items = 100, .seed = 2});
  EXPECT_NE(draw(one, 0, 100), draw(two, 0, 100));
  EXPECT_NE(draw(one, 0, 100), draw(one, 100, 100));
}

TEST(Sampler, ResumedStreamContinuesTheSame) {
  const Sampler before({.items = 1000, .seed = 3, .rank = 1, .world = 2});
  const auto whole = draw(before, 0, 3000);
  const Sampler resumed({.items = 1000, .seed = 3, .rank = 1, .world = 2});
  EXPECT_EQ(draw(resumed, 1234, 100),
            std::vector<int64_t>(whole.begin() + 1234, whole.begin() + 1334));
}

TEST(Sampler, RefusesTooFewItems) {
  EXPECT_THROW(Sampler({.items = 0}), Error);
  EXPECT_THROW(Sampler({.items = 3, .world = 4}), Error);
}

}  // namespace
}  // namespace troodon::data
