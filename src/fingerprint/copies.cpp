#include "fingerprint/copies.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace troodon::fingerprint {
namespace {

using Prints = std::span<const Fingerprint>;

/// Some rows of a set: those with enough to see. Others have hashes near each other's by the
/// thousand, and compare() refuses them.
struct Rows {
  Prints prints;
  std::vector<uint32_t> rows;

  Rows(Prints set, size_t from, size_t to, const CopyLimits& limits) : prints(set) {
    for (size_t row = from; row < std::min(to, set.size()); ++row) {
      if (set[row].inside.quality >= limits.quality) rows.push_back(static_cast<uint32_t>(row));
    }
  }
};

/// Pairs worth comparing, as query << 32 | base; repeats are dropped whenever they have doubled.
class Candidates {
 public:
  explicit Candidates(bool self) : self_(self) {}

  void add(uint32_t query, uint32_t base) {
    if (self_ && query >= base) return;
    pairs_.push_back(static_cast<uint64_t>(query) << 32 | base);
    if (pairs_.size() >= next_) tidy();
  }

  std::vector<uint64_t> take() {
    tidy();
    return std::move(pairs_);
  }

 private:
  void tidy() {
    std::ranges::sort(pairs_);
    pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
    next_ = std::max<size_t>(1 << 20, 2 * pairs_.size());
  }

  bool self_;
  size_t next_ = 1 << 20;
  std::vector<uint64_t> pairs_;
};

std::vector<Hash256> hashes_of(const Rows& set, PdqTurns Fingerprint::*turns, int turn) {
  std::vector<Hash256> out;
  for (const uint32_t row : set.rows) out.push_back((set.prints[row].*turns).hashes[turn]);
  return out;
}

/// Adds pairs whose pictures, with or without margins, are near in some turn.
void add_turns(const Rows& queries,
               const Rows& base,
               const FindCopiesOptions& options,
               Candidates& out) {
  const HammingOptions near{.radius = options.limits.hash, .threads = options.threads};
  for (const auto turns : {&Fingerprint::whole, &Fingerprint::inside}) {
    const std::vector<Hash256> upright = hashes_of(base, turns, 0);
    for (int turn = 0; turn < kTurns; ++turn) {
      const std::vector<Hash256> turned = hashes_of(queries, turns, turn);
      near_pairs(turned, upright, near, [&](std::span<const HashPair> some) {
        for (const HashPair& pair : some) out.add(queries.rows[pair.first], base.rows[pair.second]);
      });
    }
  }
}

/// add(part's row, whole's row) for pairs in which all of `part` is near some window of `whole`.
template <class Add>
void find_parts(const Rows& part,
                const Rows& whole,
                const FindCopiesOptions& options,
                const Add& add) {
  std::vector<Hash64> windows, parts;
  for (const uint32_t row : whole.rows) {
    const std::vector<Hash64>& some = whole.prints[row].windows;
    windows.insert(windows.end(), some.begin(), some.end());
  }
  for (const uint32_t row : part.rows) parts.push_back(part.prints[row].windows.front());
  const HammingOptions near{.radius = options.limits.window, .threads = options.threads};
  const size_t each = standard_windows().size();
  near_pairs(parts, windows, near, [&](std::span<const HashPair> some) {
    for (const HashPair& pair : some) add(part.rows[pair.first], whole.rows[pair.second / each]);
  });
}

std::vector<FoundCopy> compare_all(Prints queries,
                                   Prints base,
                                   const std::vector<uint64_t>& pairs,
                                   const FindCopiesOptions& options) {
  std::vector<FoundCopy> out;
  constexpr size_t kBlock = 1 << 16;
  std::vector<CopyVerdict> verdicts(std::min(kBlock, pairs.size()));
  for (size_t start = 0; start < pairs.size(); start += kBlock) {
    const size_t count = std::min(kBlock, pairs.size() - start);
    const auto row = [&](size_t i, int shift) {
      return static_cast<uint32_t>(pairs[start + i] >> shift);
    };
    constexpr size_t kStrip = 64;  // pairs a thread takes at a time
    parallel_for((count + kStrip - 1) / kStrip,
                 [&](size_t strip) {
                   for (size_t i = strip * kStrip; i < std::min(count, (strip + 1) * kStrip); ++i) {
                     verdicts[i] = compare(queries[row(i, 32)], base[row(i, 0)], options.limits);
                   }
                 },
                 options.threads);
    for (size_t i = 0; i < count; ++i) {
      if (verdicts[i]) out.push_back({row(i, 32), row(i, 0), verdicts[i]});
    }
  }
  return out;
}

/// Block by block of the base, so that only one block's candidates are held.
std::vector<FoundCopy> find(Prints queries,
                            Prints base,
                            bool self,
                            const FindCopiesOptions& options) {
  constexpr size_t kBlock = 4096;
  std::vector<FoundCopy> out;
  for (size_t start = 0; start < base.size(); start += kBlock) {
    const size_t end = start + kBlock;
    const Rows block(base, start, end, options.limits);
    const Rows others(queries, 0, self ? end : queries.size(), options.limits);
    Candidates candidates(self);
    add_turns(others, block, options, candidates);
    find_parts(others, block, options, [&](uint32_t part, uint32_t whole) {
      candidates.add(part, whole);
    });
    find_parts(block, others, options, [&](uint32_t part, uint32_t whole) {
      candidates.add(whole, part);
    });
    const auto found = compare_all(queries, base, candidates.take(), options);
    out.insert(out.end(), found.begin(), found.end());
  }
  std::ranges::sort(out, {}, [](const FoundCopy& c) { return std::pair(c.first, c.second); });
  return out;
}

}  // namespace

std::vector<FoundCopy> find_copies(Prints prints, const FindCopiesOptions& options) {
  return find(prints, prints, true, options);
}

std::vector<FoundCopy> find_copies(Prints queries, Prints base, const FindCopiesOptions& options) {
  return find(queries, base, false, options);
}

}  // namespace troodon::fingerprint
