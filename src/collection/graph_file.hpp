#pragma once

#include <memory>

#include "collection/store.hpp"
#include "graph/graph.hpp"

namespace troodon::collection {

/// Approximate neighbours of most of a collection's vectors, kept beside them. It can be made anew
/// from the store at any time; what it lacks is compared one by one.
struct KnownGraph {
  graph::Graph graph;
  std::vector<int64_t> ids;  ///< [graph.rows()], ascending
  int64_t measured_on = 0;   ///< pictures that asked when its recall was measured
};

/// From so many pictures on a graph is worth its making.
inline constexpr int64_t kGraphFrom = 20'000;

/// The graph in a store's scratch folder, without pictures that are not `there` (ids, ascending)
/// any more; nullptr: there is none, or it is damaged (said so in a warning).
std::shared_ptr<const KnownGraph> open_graph(const Store& store, const std::vector<int64_t>& there);

/// Makes the graph, or adds to it what came since, where there are `from` pictures or more and it
/// lacks many of them; returns whether it did. Throws Error (exit 130) when interrupted, having
/// changed nothing.
bool update_graph(const Store& store, size_t threads = 0, int64_t from = kGraphFrom);

}  // namespace troodon::collection
