#pragma once

#include "curate/hierarchy.hpp"
#include "stages/pool.hpp"
#include "stages/running.hpp"

namespace troodon::stages {

struct ClusterOptions {
  fs::path features, only;
  fs::path out;                        ///< .safetensors, for sample and retrieve
  std::vector<int64_t> clusters;       ///< of each level, the lowest first; empty: default_clusters
  std::vector<int64_t> resample;       ///< of each level; empty: half the mean size of its clusters
  curate::HierarchyOptions hierarchy;  ///< but levels and threads
  Running running;
};

/// Numbers of clusters for a pool of so many pictures: one per 75, then one per 20, 10, 5 of the
/// level below while more than 10 are left (spec curation.md section 7).
std::vector<int64_t> default_clusters(int64_t pictures);

/// The levels that are meant, for a pool of so many pictures. Throws Error (exit 2) if resample
/// names more levels than clusters.
std::vector<curate::LevelOptions> levels_of(const ClusterOptions& options, int64_t pictures);

/// Hierarchical k-means of the pool's unit vectors, kept in a file. Vectors that do not fit in
/// hierarchy.memory_bytes stay on disk and stream by. Throws Error.
curate::Hierarchy cluster(const ClusterOptions& options);

/// Tensors level.N.centroids [clusters, dim], level.N.cluster [points], level.N.distance [points],
/// level.N.points [clusters]; says which pool it is of.
void write_hierarchy(const fs::path& file, const curate::Hierarchy& hierarchy, const Pool& pool);

/// Throws Error when it is of another pool.
curate::Hierarchy read_hierarchy(const fs::path& file, const Pool& pool);

}  // namespace troodon::stages
