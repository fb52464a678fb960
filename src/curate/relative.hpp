#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "curate/edge.hpp"

namespace troodon::curate {

enum class RelativeMode {
  component,  ///< the paper's: every component with a reference in it is dropped whole
  neighbour,  ///< only rows that an edge joins to a reference are dropped
};

/// What a pool loses to references, such as the pictures of benchmarks.
struct Relative {
  std::vector<uint8_t> dropped;     ///< [pool]
  std::vector<uint32_t> reference;  ///< [pool] number of the most similar reference (of equals the
                                    ///< lower) that an edge leads to; else, for one dropped with
                                    ///< its component, that component's lowest; else kNone
  std::vector<float> similarity;    ///< [pool] to it; NaN where no edge joins them
  int64_t count = 0;                ///< dropped rows
  int64_t largest = 0;              ///< rows and references of the largest component, if wanted

  static constexpr uint32_t kNone = 0xFFFFFFFF;
};

/// Edges of a graph over the pool's rows (first `pool` numbers) and the references (the rest up to
/// `total`).
Relative drop_relatives(uint32_t pool,
                        uint32_t total,
                        std::span<const Edge> edges,
                        RelativeMode mode);

}  // namespace troodon::curate
