#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace troodon {

/// What several processes that do one job tell each other, in bytes and whole numbers, whose sums
/// no order of ranks can change. Every rank makes the same calls in the same order. This class is
/// one process; others come from distributed/launch.hpp. Throws Error when another rank has ended.
class Ranks {
 public:
  Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  virtual ~Ranks() = default;

  virtual int64_t rank() const { return 0; }
  virtual int64_t size() const { return 1; }
  bool first() const { return rank() == 0; }
  /// Each number becomes its sum over the ranks.
  virtual void add(std::span<int64_t>) {}
  /// What all ranks gave, in the order of ranks.
  virtual std::vector<std::string> gather(const std::string& mine) { return {mine}; }
  /// Returns when every rank has come here.
  virtual void barrier() {}
};

}  // namespace troodon
