#pragma once

#include <memory>
#include <span>
#include <vector>

#include "collection/graph_file.hpp"
#include "collection/store.hpp"

namespace troodon::collection {

/// Vectors as they were at one version of a store; never changes.
struct Snapshot {
  int64_t version = -1;
  int64_t dim = 0;
  std::shared_ptr<const Vectors> base;      ///< most of them, shared with the snapshots before
  Vectors tail;                             ///< what came since
  std::vector<int64_t> gone;                ///< ids of both that went, ascending
  std::shared_ptr<const KnownGraph> graph;  ///< of the first of them; nullptr: none

  bool is_gone(int64_t id) const;
  int64_t pictures() const;
};

/// The next snapshot; the same one where nothing changed.
std::shared_ptr<const Snapshot> refreshed(std::shared_ptr<const Snapshot> old, const Store& store);

/// The k nearest of those that `allow` names (ascending; nullptr: all): of what the graph knows by
/// the graph, of the others by comparing every one.
std::vector<Hit> scan(const Snapshot& snapshot,
                      std::span<const float> query,
                      int64_t k,
                      const std::vector<int64_t>* allow,
                      size_t threads);

/// A picture's vector; empty: it isn't there.
std::span<const float> vector_of(const Snapshot& snapshot, int64_t id);

}  // namespace troodon::collection
