#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fingerprint/fingerprint.hpp"

namespace troodon::fingerprint {

/// Two pictures that compare() takes for copies.
struct FoundCopy {
  uint32_t first = 0;   ///< row of the queries, or the smaller row of one set
  uint32_t second = 0;  ///< row of the base, or the larger row of one set
  CopyVerdict verdict;
};

struct FindCopiesOptions {
  CopyLimits limits = {};
  size_t threads = 0;  ///< 0: all cores
};

/// Every pair of one set that compare() takes for copies, by first, then second: what comparing all
/// of them gives, but only pairs with near hashes are looked at. Memory grows with the set, time
/// with its square. The same for any number of threads.
std::vector<FoundCopy> find_copies(std::span<const Fingerprint> prints,
                                   const FindCopiesOptions& options = {});

/// The same for every (query, base) of two sets, such as new pictures and those already there.
std::vector<FoundCopy> find_copies(std::span<const Fingerprint> queries,
                                   std::span<const Fingerprint> base,
                                   const FindCopiesOptions& options = {});

}  // namespace troodon::fingerprint
