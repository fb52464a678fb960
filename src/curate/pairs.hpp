#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "curate/edge.hpp"
#include "index/features.hpp"
#include "index/panels.hpp"

namespace troodon::curate {

/// Unit rows that are looked at together, and their numbers.
struct Block {
  index::Matrix rows;
  std::span<const uint32_t> ids;  ///< [rows], ascending
};

/// A block that others are compared with.
struct Base {
  explicit Base(const Block& given) : block(given), panels(given.rows) {}
  Block block;
  index::Panels panels;
};

/// All (query, row of the base) with query < row, or with query != row if `both`, whose cosine,
/// computed in double, is above the threshold: Edge{query, row, cosine}, queries in order. The
/// same bits for a pair in whatever company, for any number of threads.
std::vector<Edge> pairs_above(
    const Block& queries, const Base& base, double threshold, bool both, size_t threads);

}  // namespace troodon::curate
