#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fingerprint/hamming.hpp"

// The inner loop of both Hamming searches; private to src/fingerprint.
namespace troodon::fingerprint {

/// Hashes of `Words` words, word by word: loops over neighbours then use whole vectors.
template <int Words>
struct HashColumns {
  size_t count = 0;
  std::vector<uint64_t> words;  ///< [Words, count]

  explicit HashColumns(size_t n) : count(n), words(n * Words) {}
  const uint64_t* column(int word) const { return words.data() + word * count; }
  std::array<uint64_t, Words> at(size_t i) const {
    std::array<uint64_t, Words> out;
    for (int w = 0; w < Words; ++w) out[w] = column(w)[i];
    return out;
  }
  void set(size_t i, const std::array<uint64_t, Words>& hash) {
    for (int w = 0; w < Words; ++w) words[w * count + i] = hash[w];
  }
};

/// Calls found(j, distance) for every j in [from, to) within the radius of `query`. First only the
/// smallest distance of a block is computed, which vectorises; few blocks need the second look.
template <int Words, class Found>
__attribute__((always_inline)) inline void scan(const std::array<uint64_t, Words>& query,
                                                const HashColumns<Words>& base,
                                                std::array<size_t, 2> range,
                                                int radius,
                                                const Found& found) {
  constexpr size_t kBlock = 256;
  const uint64_t* const words = base.words.data();
  const size_t stride = base.count;
  const auto distance = [=](size_t j) __attribute__((always_inline)) {
    uint64_t sum = 0;
    for (int w = 0; w < Words; ++w) {
      sum += static_cast<uint64_t>(__builtin_popcountll(query[w] ^ words[w * stride + j]));
    }
    return sum;
  };
  const auto limit = static_cast<uint64_t>(radius);
  for (size_t start = range[0]; start < range[1]; start += kBlock) {
    const size_t end = std::min(start + kBlock, range[1]);
    uint64_t nearest = 64 * Words + 1;
    for (size_t j = start; j < end; ++j) {
      const uint64_t d = distance(j);
      nearest = d < nearest ? d : nearest;
    }
    if (nearest > limit) continue;
    for (size_t j = start; j < end; ++j) {
      if (const uint64_t d = distance(j); d <= limit) found(j, static_cast<uint32_t>(d));
    }
  }
}

#if defined(__x86_64__)
template <class Loop>
__attribute__((
    target("avx512f,avx512bw,avx512vl,avx512vpopcntdq,popcnt,prefer-vector-width=512"))) void
with_vector_popcount(const Loop& loop) {
  loop();
}
template <class Loop>
__attribute__((target("popcnt"))) void with_popcount(const Loop& loop) {
  loop();
}
#endif

/// Runs a plain loop over scan() compiled for the best bit counting of this CPU; write it as a
/// lambda with `__attribute__((always_inline))`.
template <class Loop>
void counting_bits(const Loop& loop) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw")) {
    return with_vector_popcount(loop);
  }
  if (__builtin_cpu_supports("popcnt")) return with_popcount(loop);
#endif
  loop();
}

/// What a search compares: two sets, or one set with itself.
template <int Words>
struct HashSets {
  std::span<const std::array<uint64_t, Words>> queries, base;
  bool self = false;  ///< both are the same: pairs i < j alone
};

/// work(task, pairs) for each task in [0, tasks) on several threads; their pairs reach the sink in
/// the order of the tasks. Only the pairs of a few tasks are held at a time.
void in_order(size_t tasks,
              size_t threads,
              const std::function<void(size_t, std::vector<HashPair>&)>& work,
              const PairSink& sink);

/// Pairs that agree up to a few bits on at least one run of 16 bits, which all near ones do.
template <int Words>
void bucket_pairs(const HashSets<Words>& sets, const HammingOptions& options, const PairSink& sink);

/// Nanoseconds that bucket_pairs should take on one core.
template <int Words>
double bucket_cost(const HashSets<Words>& sets, int radius);

}  // namespace troodon::fingerprint
