#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace troodon {

/// Mixes words into one well-spread 64-bit seed, e.g. mix(seed, epoch, sample).
template <class... Words>
uint64_t mix(uint64_t first, Words... rest) {
  uint64_t z = first + 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  if constexpr (sizeof...(rest) == 0) {
    return z;
  } else {
    uint64_t words[] = {static_cast<uint64_t>(rest)...};
    for (uint64_t word : words) z = mix(3 * z + mix(word));  // asymmetric: the order counts
    return z;
  }
}

/// Small seeded generator (SplitMix64): its state is one word, so a stream per sample is cheap.
/// The same seed gives the same draws on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    const uint64_t value = mix(state_);
    state_ += 0x9E3779B97F4A7C15ULL;
    return value;
  }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform integer in [low, high], both ends included.
  int64_t integer(int64_t low, int64_t high);
  bool chance(double probability) { return uniform() < probability; }
  double normal();
  std::vector<int64_t> permutation(int64_t n);

 private:
  uint64_t state_;
};

/// The draws of PyTorch's CPU generator after torch.manual_seed(seed), for exact parity with
/// official sampling code (RandomResizedCrop, few-shot subsets, samplers).
class TorchRandom {
 public:
  explicit TorchRandom(uint64_t seed) : engine_(static_cast<uint32_t>(seed)) {}
  /// torch.empty(1).uniform_(low, high): a float32 from 24 random bits.
  float uniform(double low, double high);
  /// torch.randint(low, high, (1,)): high excluded, range below 2^32.
  int64_t randint(int64_t low, int64_t high);
  /// torch.randperm(n).
  std::vector<int64_t> randperm(int64_t n);

 private:
  std::mt19937 engine_;
};

}  // namespace troodon
