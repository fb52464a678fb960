#pragma once

#include <cstdint>

namespace troodon::data {

enum class SamplerKind {
  epoch,             ///< each pass shuffles everything; ranks share a pass
  infinite,          ///< the same, without an end: passes follow each other
  sharded_infinite,  ///< a rank keeps its own part for the whole run and reshuffles only that
};

struct SamplerOptions {
  SamplerKind kind = SamplerKind::sharded_infinite;
  int64_t items = 0;       ///< in the data set
  int64_t epoch_size = 0;  ///< epoch only: items drawn in a pass, repeating; 0: all once
  uint64_t seed = 0;
  int rank = 0;
  int world = 1;
};

/// Which item a rank sees when. Nothing is stored: a place in the stream is computed from its
/// number, so a resumed run continues exactly, and any thread may ask. Meaning as in spec
/// section 3.14; the random numbers are our own.
class Sampler {
 public:
  /// Throws Error (exit 4) if there are no items, or fewer than ranks.
  explicit Sampler(const SamplerOptions& options);

  /// The item at place `position` = 0, 1, ... of this rank's stream.
  int64_t at(uint64_t position) const;
  /// Places in one pass of this rank.
  int64_t pass_length() const { return pass_length_; }

 private:
  SamplerOptions options_;
  int64_t pass_length_ = 0;
};

/// Where a keyed shuffle of 0 .. n-1 puts `place`: a bijection for each key, in O(log n), without
/// a table. Source: the swap-or-not shuffle, Hoang, Morris, Rogaway 2012.
int64_t shuffled(int64_t place, int64_t n, uint64_t key);

}  // namespace troodon::data
