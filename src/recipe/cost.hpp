#pragma once

#include <cstdint>

#include "recipe/plan.hpp"

namespace troodon::recipe {

/// How quick this machine is, measured in a few seconds, and what the pool is like.
struct Rates {
  int64_t pictures = 0;      ///< of the pool
  double embed = 0;          ///< pictures a second through the network; 0: there is none
  double look = 0;           ///< pictures a second read, decoded, fingerprinted
  double compare = 0;        ///< pairs of fingerprints a second
  double multiply_adds = 0;  ///< a second, of comparing vectors
  double picture_bytes = 0;  ///< of a file, on average
  int64_t dim = 0;           ///< of a feature vector
};

/// What a command is expected to need.
struct Cost {
  double seconds = 0;
  uint64_t memory = 0;  ///< bytes, at its peak
  uint64_t disk = 0;    ///< bytes written
};

/// Measures on up to `sample` pictures of the recipe's pool. Throws Error.
Rates measure_rates(const Recipe& recipe, int64_t sample, size_t threads);

/// The same for a pool of so many pictures, if all of them stay, on `ranks` machines such as this.
Cost cost_of(const Command& command, const Rates& rates, int64_t pictures, int64_t ranks);

}  // namespace troodon::recipe
