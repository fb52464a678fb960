#pragma once

#include <string>
#include <vector>

#include "curate/graph.hpp"
#include "stages/pool.hpp"

namespace troodon::stages {

/// What a stage that removes pictures did. kept + removed = pool.
struct Removal {
  int64_t pool = 0, kept = 0, removed = 0;
  int64_t edges = 0;
  int64_t largest = 0;  ///< pictures of the largest group
  double recall = 1;    ///< of the edges, measured on a sample; 1 for exact search
};

/// Which of a pool's pictures stay, and why the others go.
struct Verdicts {
  std::vector<int64_t> kept, removed;  ///< rows
  std::vector<std::string> reasons;    ///< [removed]
  std::vector<std::string> partners;   ///< [removed] paths of what they are like
  std::vector<double> similarities;    ///< [removed] to them

  void remove(int64_t row, std::string reason, std::string partner, double similarity);
  /// The removed, each with reason, "of" and similarity.
  Manifest manifest_of_removed(const Pool& pool) const;
  /// In numbers; `largest`: pictures of the largest group.
  Removal removal(const Pool& pool, const curate::Graph& graph, int64_t largest) const;
};

}  // namespace troodon::stages
