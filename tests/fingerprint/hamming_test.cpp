#include "fingerprint/hamming.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace troodon::fingerprint {
namespace {

Hash64 random_hash(Random& random, Hash64) {
  return random.next();
}

Hash256 random_hash(Random& random, const Hash256&) {
  return {random.next(), random.next(), random.next(), random.next()};
}

void flip(Hash64& hash, int64_t bit) {
  hash ^= uint64_t{1} << bit;
}

void flip(Hash256& hash, int64_t bit) {
  hash[bit / 64] ^= uint64_t{1} << (bit % 64);
}

/// Random hashes of which most are an earlier one with up to `most` bits flipped.
template <class Hash>
std::vector<Hash> families(size_t n, int64_t most, uint64_t seed) {
  Random random(seed);
  std::vector<Hash> out;
  for (size_t i = 0; i < n; ++i) {
    Hash hash = random_hash(random, Hash{});
    if (i > 0 && random.chance(0.7)) {
      hash = out[random.integer(0, static_cast<int64_t>(i) - 1)];
      const int64_t flips = random.integer(0, most);
      for (int64_t f = 0; f < flips; ++f) flip(hash, random.integer(0, 8 * sizeof(Hash) - 1));
    }
    out.push_back(hash);
  }
  return out;
}

template <class Hash>
std::vector<HashPair> plain_pairs(const std::vector<Hash>& hashes, int radius) {
  std::vector<HashPair> out;
  for (uint32_t i = 0; i < hashes.size(); ++i) {
    for (uint32_t j = i + 1; j < hashes.size(); ++j) {
      const int distance = hamming(hashes[i], hashes[j]);
      if (distance <= radius) out.push_back({i, j, static_cast<uint32_t>(distance)});
    }
  }
  return out;
}

struct Collected {
  std::vector<HashPair> pairs;
  PairSink sink() {
    return [this](std::span<const HashPair> some) {
      pairs.insert(pairs.end(), some.begin(), some.end());
    };
  }
  std::vector<HashPair> sorted() const {
    std::vector<HashPair> out = pairs;
    std::ranges::sort(out);
    return out;
  }
};

template <class Hash>
class NearPairs : public testing::Test {};
using Hashes = testing::Types<Hash64, Hash256>;
TYPED_TEST_SUITE(NearPairs, Hashes);

TYPED_TEST(NearPairs, EveryMethodFindsWhatAPlainLoopFinds) {
  const auto hashes = families<TypeParam>(1500, 12, 3);
  const int bits = 8 * sizeof(TypeParam);
  for (const int radius : {0, 1, 3, 4, 10, 17, 31, bits / 4}) {
    const auto want = plain_pairs(hashes, radius);
    for (const auto method :
         {HammingMethod::automatic, HammingMethod::exhaustive, HammingMethod::buckets}) {
      if (method == HammingMethod::buckets && radius > bits / 6) continue;  // slow, not wrong
      Collected found;
      near_pairs(std::span<const TypeParam>(hashes), {radius, method}, found.sink());
      EXPECT_EQ(found.sorted(), want) << "radius " << radius;
    }
  }
}

TYPED_TEST(NearPairs, TwoSetsAreComparedEachWithEach) {
  const auto all = families<TypeParam>(1400, 8, 4);
  const std::span queries(all.data(), 500), base(all.data() + 500, 900);
  std::vector<HashPair> want;
  for (const HashPair& pair : plain_pairs(all, 9)) {
    if (pair.first < 500 && pair.second >= 500) {
      want.push_back({pair.first, pair.second - 500, pair.distance});
    }
  }
  ASSERT_GT(want.size(), 100U);
  for (const auto method : {HammingMethod::exhaustive, HammingMethod::buckets}) {
    Collected found;
    near_pairs(queries, base, {9, method}, found.sink());
    EXPECT_EQ(found.sorted(), want);
  }
}

TYPED_TEST(NearPairs, TheOrderDoesNotDependOnTheThreads) {
  const auto hashes = families<TypeParam>(3000, 6, 5);
  for (const auto method : {HammingMethod::exhaustive, HammingMethod::buckets}) {
    Collected one, four;
    near_pairs(std::span<const TypeParam>(hashes), {7, method, 1}, one.sink());
    near_pairs(std::span<const TypeParam>(hashes), {7, method, 4}, four.sink());
    EXPECT_EQ(one.pairs, four.pairs);
  }
}

TYPED_TEST(NearPairs, NothingComesOfNothing) {
  Collected found;
  const std::vector<TypeParam> none, one(1);
  near_pairs(std::span<const TypeParam>(none), {}, found.sink());
  near_pairs(std::span<const TypeParam>(one), {}, found.sink());
  near_pairs(std::span<const TypeParam>(none), std::span<const TypeParam>(one), {}, found.sink());
  EXPECT_TRUE(found.pairs.empty());
}

TYPED_TEST(NearPairs, EqualHashesArePairsAtDistanceZero) {
  const std::vector<TypeParam> same(40);
  for (const auto method : {HammingMethod::exhaustive, HammingMethod::buckets}) {
    Collected found;
    near_pairs(std::span<const TypeParam>(same), {0, method}, found.sink());
    EXPECT_EQ(found.pairs.size(), 40U * 39 / 2);
  }
}

}  // namespace
}  // namespace troodon::fingerprint
