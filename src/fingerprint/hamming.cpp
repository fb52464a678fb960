#include "fingerprint/hamming.hpp"

#include "base/parallel.hpp"
#include "base/team.hpp"
#include "fingerprint/hamming_scan.hpp"

namespace troodon::fingerprint {
namespace {

// A task compares kQueries x kBase hashes: a stretch of the base stays in cache, and a task in
// which every pair is near still fits in memory.
constexpr size_t kQueries = 256;
constexpr size_t kBase = 16384;
constexpr size_t kCached = 1024;  // hashes of the base that one pass over the queries looks at

size_t pieces(size_t n, size_t size) {
  return (n + size - 1) / size;
}

template <int Words>
HashColumns<Words> columns_of(std::span<const std::array<uint64_t, Words>> hashes) {
  HashColumns<Words> out(hashes.size());
  for (size_t i = 0; i < hashes.size(); ++i) out.set(i, hashes[i]);
  return out;
}

template <int Words>
void exhaustive_pairs(const HashSets<Words>& sets,
                      const HammingOptions& options,
                      const PairSink& sink) {
  const HashColumns<Words> base = columns_of<Words>(sets.base);
  const size_t stretches = pieces(base.count, kBase);
  const auto work = [&](size_t task, std::vector<HashPair>& pairs) {
    const size_t q0 = task / stretches * kQueries, b0 = task % stretches * kBase;
    const size_t q1 = std::min(q0 + kQueries, sets.queries.size());
    const size_t b1 = std::min(b0 + kBase, base.count);
    if (sets.self && b1 <= q0 + 1) return;
    counting_bits([&]() __attribute__((always_inline)) {
      for (size_t start = b0; start < b1; start += kCached) {
        for (size_t q = q0; q < q1; ++q) {
          const size_t from = sets.self ? std::max(start, q + 1) : start;
          scan<Words>(
              sets.queries[q],
              base,
              {from, std::min(start + kCached, b1)},
              options.radius,
              [&](size_t j, uint32_t distance) {
                pairs.push_back({static_cast<uint32_t>(q), static_cast<uint32_t>(j), distance});
              });
        }
      }
    });
  };
  in_order(pieces(sets.queries.size(), kQueries) * stretches, options.threads, work, sink);
}

template <int Words>
void search(const HashSets<Words>& sets, const HammingOptions& options, const PairSink& sink) {
  if (options.radius < 0 || sets.queries.empty() || sets.base.empty()) return;
  const double pairs = static_cast<double>(sets.queries.size()) *
                       static_cast<double>(sets.base.size()) * (sets.self ? 0.5 : 1.0);
  constexpr double kExhaustivePair = Words == 1 ? 0.15 : 0.45;  // nanoseconds
  const bool buckets = options.method == HammingMethod::buckets ||
                       (options.method == HammingMethod::automatic &&
                        bucket_cost<Words>(sets, options.radius) < kExhaustivePair * pairs);
  if (buckets) {
    bucket_pairs<Words>(sets, options, sink);
  } else {
    exhaustive_pairs<Words>(sets, options, sink);
  }
}

/// Hash64 as the array of one word that the templates know.
std::span<const std::array<uint64_t, 1>> arrays(std::span<const Hash64> hashes) {
  static_assert(sizeof(std::array<uint64_t, 1>) == sizeof(Hash64));
  return {reinterpret_cast<const std::array<uint64_t, 1>*>(hashes.data()), hashes.size()};
}

}  // namespace

void in_order(size_t tasks,
              size_t threads,
              const std::function<void(size_t, std::vector<HashPair>&)>& work,
              const PairSink& sink) {
  threads = std::max<size_t>(1, std::min(tasks, threads == 0 ? core_count() : threads));
  Team team(threads);
  std::vector<std::vector<HashPair>> pairs(threads * 4);
  for (size_t first = 0; first < tasks; first += pairs.size()) {
    const size_t now = std::min(pairs.size(), tasks - first);
    team.run(now, [&](size_t i, size_t) { work(first + i, pairs[i]); });
    for (size_t i = 0; i < now; ++i) {
      if (!pairs[i].empty()) sink(pairs[i]);
      pairs[i].clear();
    }
  }
}

void near_pairs(std::span<const Hash64> hashes,
                const HammingOptions& options,
                const PairSink& sink) {
  search<1>({arrays(hashes), arrays(hashes), true}, options, sink);
}

void near_pairs(std::span<const Hash256> hashes,
                const HammingOptions& options,
                const PairSink& sink) {
  search<4>({hashes, hashes, true}, options, sink);
}

void near_pairs(std::span<const Hash64> queries,
                std::span<const Hash64> base,
                const HammingOptions& options,
                const PairSink& sink) {
  search<1>({arrays(queries), arrays(base), false}, options, sink);
}

void near_pairs(std::span<const Hash256> queries,
                std::span<const Hash256> base,
                const HammingOptions& options,
                const PairSink& sink) {
  search<4>({queries, base, false}, options, sink);
}

}  // namespace troodon::fingerprint
