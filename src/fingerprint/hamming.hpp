#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace troodon::fingerprint {

using Hash64 = uint64_t;
/// Bit i is bit i % 64, from the least significant, of word i / 64.
using Hash256 = std::array<uint64_t, 4>;

inline int hamming(Hash64 a, Hash64 b) {
  return std::popcount(a ^ b);
}
inline int hamming(const Hash256& a, const Hash256& b) {
  return hamming(a[0], b[0]) + hamming(a[1], b[1]) + hamming(a[2], b[2]) + hamming(a[3], b[3]);
}

/// Two hashes and the number of bits in which they differ.
struct HashPair {
  uint32_t first = 0;   ///< row of the queries, or the smaller row of one set
  uint32_t second = 0;  ///< row of the base, or the larger row of one set
  uint32_t distance = 0;

  auto operator<=>(const HashPair&) const = default;
};

/// Gets pairs in pieces, so that their number needs no memory; called from one thread at a time.
using PairSink = std::function<void(std::span<const HashPair>)>;

enum class HammingMethod {
  automatic,   ///< whichever should take less time
  exhaustive,  ///< every pair: best for far radii and small sets
  buckets,     ///< only pairs that nearly agree on 16 bits somewhere: best for near radii
};

struct HammingOptions {
  int radius = 10;  ///< largest distance that counts
  HammingMethod method = HammingMethod::automatic;
  size_t threads = 0;  ///< 0: all cores
};

/// Every pair i < j of one set within the radius, once; exact for each method. The order of the
/// pairs depends on the method, not on the number of threads. At most 2^32 - 1 hashes.
void near_pairs(std::span<const Hash64> hashes,
                const HammingOptions& options,
                const PairSink& sink);
void near_pairs(std::span<const Hash256> hashes,
                const HammingOptions& options,
                const PairSink& sink);

/// The same for every (query, base) of two sets.
void near_pairs(std::span<const Hash64> queries,
                std::span<const Hash64> base,
                const HammingOptions& options,
                const PairSink& sink);
void near_pairs(std::span<const Hash256> queries,
                std::span<const Hash256> base,
                const HammingOptions& options,
                const PairSink& sink);

}  // namespace troodon::fingerprint
