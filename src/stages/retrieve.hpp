#pragma once

#include "curate/retrieve.hpp"
#include "stages/pool.hpp"
#include "stages/running.hpp"

namespace troodon::stages {

struct RetrieveOptions {
  fs::path features, only;
  std::vector<fs::path> seeds;  ///< features of curated sets, one file each
  fs::path clusters;            ///< of `cluster`: cluster-based retrieval; "": sample-based
  fs::path out;                 ///< manifest of the retrieved pictures
  fs::path by_seed;             ///< manifest of the seeds and what each brought; "": none
  int64_t each = 4;             ///< sample-based: nearest pictures of each seed
  int64_t at_least = 1;         ///< sample-based: seeds, of all sets, that must bring a picture
  curate::ClusterRule rule;     ///< cluster-based; its cap is of each set
  Running running;
};

/// What one set of seeds brought.
struct SetRetrieval {
  std::string name;
  int64_t seeds = 0;
  int64_t entries = 0;    ///< as the paper counts: with repetitions, before the cap
  int64_t rows = 0;       ///< pictures, each once
  int64_t shortfall = 0;  ///< entries that a larger pool or larger clusters would have had
  int64_t clusters = 0;   ///< cluster-based: that enough seeds fell into
};

struct Retrieval {
  std::vector<SetRetrieval> sets;
  int64_t pool = 0;
  int64_t rows = 0;  ///< of all sets together, each once
};

/// Pictures of the pool like those of curated sets (paper section 3, retrieval): the nearest of
/// each seed, or some of each cluster that several seeds fall into. Throws Error.
Retrieval retrieve(const RetrieveOptions& options);

}  // namespace troodon::stages
