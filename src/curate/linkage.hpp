#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "curate/edge.hpp"

namespace troodon::curate {

/// What says which of several copies is worth keeping; larger is better, the first that differs
/// counts.
struct Quality {
  int64_t pixels = 0;
  int64_t bytes = 0;
  double score = 0;
};

/// Rows from the best to the worst; equal ones by number.
std::vector<uint32_t> best_first(std::span<const Quality> qualities);

/// Which rows stay, and for which they stand.
struct Groups {
  std::vector<uint32_t> representative;  ///< [rows] the kept row of the group; itself if kept
  std::vector<float> similarity;         ///< [rows] to it; 1 for itself, NaN if no edge joins them
  std::vector<uint32_t> group;           ///< [rows] smallest row of the group
  int64_t kept = 0;
  int64_t largest = 0;  ///< rows of the largest group
};

/// The paper's rule (section 3, deduplication): of each connected component the best row stays.
/// Chains of similar rows become one component, so a removed row may be unlike the one that stays.
/// `order`: all n rows, best first; empty: by number.
Groups component_linkage(uint32_t n,
                         std::span<const Edge> edges,
                         std::span<const uint32_t> order = {});

/// The safer rule: from the best row to the worst, a row stays if no edge joins it to one that
/// stays; else its group is that of the most similar of these (of equals the better). So no edge
/// joins two kept rows, and one joins each removed row to its representative.
Groups star_linkage(uint32_t n, std::span<const Edge> edges, std::span<const uint32_t> order = {});

}  // namespace troodon::curate
