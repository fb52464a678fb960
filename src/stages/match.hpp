#pragma once

#include "curate/relative.hpp"
#include "stages/dedup.hpp"

namespace troodon::stages {

struct MatchOptions {
  fs::path features, only;
  std::vector<fs::path> references;  ///< features of evaluation sets, of the same network
  std::string pictures;  ///< the pool's source or file of looks; "": fingerprints don't count
  std::vector<std::string> reference_pictures;  ///< sources or files of looks, for these
  fs::path out, removed;                        ///< as of DedupOptions
  curate::RelativeMode mode = curate::RelativeMode::component;
  SearchOptions search;
  Running running;

  MatchOptions() { search.graph.threshold = 0.45; }  // the paper's
};

/// Relative deduplication (paper section 3): no picture like one of a test set stays in the pool,
/// by features, by equal files and fingerprints, or by both.
/// Throws Error.
Removal match(const MatchOptions& options);

}  // namespace troodon::stages
