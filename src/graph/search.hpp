#pragma once

#include "graph/walk.hpp"

namespace troodon::graph {

/// Where k results go.
struct Found {
  int64_t* index;
  float* score;
};

/// One search's settings, ready for any number of queries on any number of threads.
class Search {
 public:
  Search(const Body& body, const SearchOptions& options);

  /// The k best of a query; see Graph::search. `without`: a row as if it were not in the graph.
  void run(const float* query, const Found& out, uint32_t without = kNone) const;

 private:
  void fill_pool(Scratch& scratch, uint32_t without) const;
  void scan(Scratch& scratch) const;
  void score(Scratch& scratch, uint32_t without, const Found& out) const;

  const Body& body_;
  Allowed allowed_;
  int64_t k_, width_, count_;
  bool all_allowed_;
};

}  // namespace troodon::graph
