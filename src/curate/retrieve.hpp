#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/work.hpp"
#include "index/nearest.hpp"
#include "index/rows.hpp"

namespace troodon::curate {

using index::Rows;

/// What the nearest pool rows of each seed are together (paper, appendix A: sample-based).
struct SampleRetrieval {
  index::Neighbours neighbours;        ///< of each seed, most similar first; score: cosine
  std::vector<uint32_t> rows;          ///< retrieved, ascending, each once
  std::vector<uint32_t> multiplicity;  ///< [rows] seeds that brought it
  std::vector<uint32_t> seed;          ///< [rows] the most similar of them; of equals the lower
  std::vector<float> similarity;       ///< [rows] to it
  int64_t entries = 0;                 ///< the sum of multiplicities: seeds * neighbours of each
  int64_t shortfall = 0;               ///< entries that a larger pool would have had

  /// Share of the entries that another seed brought too.
  double collisions() const;
};

/// The `each` nearest pool rows of each seed by cosine, exact, the pool streaming by. Throws Error
/// if the widths differ.
SampleRetrieval retrieve_by_sample(const Rows& pool,
                                   const index::Matrix& seeds,
                                   int64_t each,
                                   size_t threads = 0,
                                   const Work& work = {},
                                   const std::string& step = "nearest");

struct ClusterRule {
  int64_t more_than = 3;        ///< seeds that a cluster must hold
  int64_t per_cluster = 10000;  ///< rows taken of each such cluster
  int64_t cap = 1000000;        ///< rows taken in all
  uint64_t seed = 0;            ///< which rows, where not all are taken
};

/// A cluster with enough seeds.
struct ChosenCluster {
  uint32_t cluster = 0;
  int64_t seeds = 0;      ///< in it
  int64_t size = 0;       ///< pool rows in it
  int64_t retrieved = 0;  ///< of them: min(per_cluster, size)
  int64_t taken = 0;      ///< of them, under the cap
};

/// Random rows of the clusters that hold many seeds (paper, appendix A: cluster-based).
struct ClusterRetrieval {
  std::vector<uint32_t> rows;         ///< taken, ascending
  std::vector<uint32_t> cluster;      ///< [rows]
  std::vector<ChosenCluster> chosen;  ///< ascending
  std::vector<int64_t> brought;       ///< [seeds] rows taken of the seed's cluster
  int64_t retrieved = 0;              ///< before the cap
  int64_t shortfall = 0;              ///< chosen * per_cluster - retrieved: clusters too small
};

/// pool_cluster [pool], seed_cluster [seeds]: each row's cluster, of one clustering.
ClusterRetrieval retrieve_by_cluster(std::span<const uint32_t> pool_cluster,
                                     std::span<const uint32_t> seed_cluster,
                                     const ClusterRule& rule);

}  // namespace troodon::curate
