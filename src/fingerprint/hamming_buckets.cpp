#include <numeric>

#include "fingerprint/hamming_scan.hpp"

// Multi-index hashing (Norouzi, Punjani, Fleet 2012): within `radius` of each other, two hashes cut
// into m slots differ by no more than radius / m bits in at least one of them.
namespace troodon::fingerprint {
namespace {

constexpr int kSlotBits = 16;
constexpr size_t kBuckets = size_t{1} << kSlotBits;
constexpr size_t kTile = 256;  // queries of one task: bounds the pairs that it holds

template <int Words>
constexpr int kSlots = 64 * Words / kSlotBits;

template <int Words>
uint32_t key_of(const std::array<uint64_t, Words>& hash, int slot) {
  return static_cast<uint32_t>(hash[slot / 4] >> (kSlotBits * (slot % 4)) & (kBuckets - 1));
}

/// Bits by which the slot may differ, -1: it need not be looked at. Radius m a + b: the first b + 1
/// slots have radius a, the others a - 1, or all would add up to more than the radius.
template <int Words>
int slot_radius(int radius, int slot) {
  return radius / kSlots<Words> - (slot <= radius % kSlots<Words> ? 0 : 1);
}

/// All keys with at most `bits` bits set, fewest bits first.
std::vector<uint32_t> masks_within(int bits) {
  std::vector<uint32_t> out;
  for (int count = 0; count <= bits; ++count) {
    for (uint32_t mask = 0; mask < kBuckets; ++mask) {
      if (std::popcount(mask) == count) out.push_back(mask);
    }
  }
  return out;
}

/// The hashes of a set in the order of their keys in one slot.
template <int Words>
struct Buckets {
  std::vector<uint32_t> starts = std::vector<uint32_t>(kBuckets + 1);  ///< [key]: first place
  std::vector<uint32_t> rows;                                          ///< [place]
  HashColumns<Words> hashes;                                           ///< [place]

  Buckets(std::span<const std::array<uint64_t, Words>> set, int slot)
      : rows(set.size()), hashes(set.size()) {
    for (const auto& hash : set) ++starts[key_of<Words>(hash, slot) + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    std::vector<uint32_t> next(starts.begin(), starts.end() - 1);
    for (size_t row = 0; row < set.size(); ++row) {
      const uint32_t place = next[key_of<Words>(set[row], slot)]++;
      rows[place] = static_cast<uint32_t>(row);
      hashes.set(place, set[row]);
    }
  }
};

/// Whether an earlier slot finds this pair too; it has been given then.
template <int Words>
bool found_before(const std::array<uint64_t, Words>& a,
                  const std::array<uint64_t, Words>& b,
                  int slot,
                  int radius) {
  for (int s = 0; s < slot; ++s) {
    const int apart = std::popcount(key_of<Words>(a, s) ^ key_of<Words>(b, s));
    if (apart <= slot_radius<Words>(radius, s)) return true;
  }
  return false;
}

/// One slot's search: the queries' and the base's buckets (the same object for one set).
template <int Words>
struct SlotSearch {
  const Buckets<Words>& queries;
  const Buckets<Words>& base;
  std::vector<uint32_t> masks;
  int slot, radius;

  __attribute__((always_inline)) void look(size_t place, std::vector<HashPair>& pairs) const {
    const bool self = &queries == &base;
    const auto query = queries.hashes.at(place);
    const uint32_t row = queries.rows[place], key = key_of<Words>(query, slot);
    const auto keep = [&](size_t j, uint32_t distance) {
      if (found_before<Words>(query, base.hashes.at(j), slot, radius)) return;
      const uint32_t other = base.rows[j];
      const bool swap = self && other < row;
      pairs.push_back({swap ? other : row, swap ? row : other, distance});
    };
    for (const uint32_t mask : masks) {
      const uint32_t at = key ^ mask;
      if (self && at < key) continue;
      const size_t from = self && mask == 0 ? place + 1 : base.starts[at];
      if (from >= base.starts[at + 1]) continue;
      scan<Words>(query, base.hashes, {from, base.starts[at + 1]}, radius, keep);
    }
  }
};

template <int Words>
std::vector<uint32_t> bucket_sizes(std::span<const std::array<uint64_t, Words>> set, int slot) {
  std::vector<uint32_t> sizes(kBuckets);
  for (const auto& hash : set) ++sizes[key_of<Words>(hash, slot)];
  return sizes;
}

double binomial_sum(int bits) {
  double term = 1, sum = 1;
  for (int k = 1; k <= std::min(bits, kSlotBits); ++k) {
    term *= static_cast<double>(kSlotBits - k + 1) / k;
    sum += term;
  }
  return sum;
}

}  // namespace

template <int Words>
void bucket_pairs(const HashSets<Words>& sets,
                  const HammingOptions& options,
                  const PairSink& sink) {
  for (int slot = 0; slot < kSlots<Words>; ++slot) {
    const int bits = slot_radius<Words>(options.radius, slot);
    if (bits < 0) break;
    const Buckets<Words> base(sets.base, slot);
    const Buckets<Words> others(
        sets.self ? std::span<const std::array<uint64_t, Words>>{} : sets.queries, slot);
    const SlotSearch<Words> search{
        sets.self ? base : others, base, masks_within(bits), slot, options.radius};
    const size_t queries = sets.queries.size();
    const auto work = [&](size_t task, std::vector<HashPair>& pairs) {
      const size_t first = task * kTile, last = std::min(first + kTile, queries);
      counting_bits([&]() __attribute__((always_inline)) {
        for (size_t place = first; place < last; ++place) search.look(place, pairs);
      });
    };
    in_order((queries + kTile - 1) / kTile, options.threads, work, sink);
  }
}

template <int Words>
double bucket_cost(const HashSets<Words>& sets, int radius) {
  constexpr double kProbe = 10, kPair = 8;  // measured on sets of 20,000 to 200,000
  double cost = 0;
  for (int slot = 0; slot < kSlots<Words>; ++slot) {
    const int bits = slot_radius<Words>(radius, slot);
    if (bits < 0) break;
    const auto left = bucket_sizes<Words>(sets.queries, slot);
    const auto right = sets.self ? left : bucket_sizes<Words>(sets.base, slot);
    double same = 0;  // neighbouring buckets are taken to be as full as a hash's own
    for (size_t key = 0; key < kBuckets; ++key) same += static_cast<double>(left[key]) * right[key];
    const auto looks = static_cast<double>(sets.queries.size());
    cost += binomial_sum(bits) * (kProbe * looks + kPair * same) * (sets.self ? 0.5 : 1.0);
  }
  return cost;
}

template void bucket_pairs<1>(const HashSets<1>&, const HammingOptions&, const PairSink&);
template void bucket_pairs<4>(const HashSets<4>&, const HammingOptions&, const PairSink&);
template double bucket_cost<1>(const HashSets<1>&, int);
template double bucket_cost<4>(const HashSets<4>&, int);

}  // namespace troodon::fingerprint
