#pragma once

#include "curate/relative.hpp"
#include "stages/dedup.hpp"

namespace troodon::stages {

struct MatchOptions {
  fs::path features, only;
  std::vector<fs::path> references;  ///< features of evaluation sets, of the same network
  fs::path out, removed;             ///< as of DedupOptions
  curate::RelativeMode mode = curate::RelativeMode::component;
  SearchOptions search;
  Running running;

  MatchOptions() { search.graph.threshold = 0.45; }  // the paper's
};

/// Relative deduplication (paper section 3): no picture like one of a test set stays in the pool.
/// Throws Error.
Removal match(const MatchOptions& options);

}  // namespace troodon::stages
