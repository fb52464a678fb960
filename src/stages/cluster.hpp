#pragma once

#include "curate/hierarchy.hpp"
#include "stages/pool.hpp"

namespace troodon::stages {

struct ClusterOptions {
  fs::path features, only;
  fs::path out;  ///< .safetensors, for sample and retrieve
  curate::HierarchyOptions hierarchy;
};

/// Numbers of clusters for a pool of so many pictures: one per 75, then one per 20, 10, 5 of the
/// level below while more than 10 are left (spec curation.md section 7).
std::vector<int64_t> default_clusters(int64_t pictures);

/// Hierarchical k-means of the pool's unit vectors, kept in a file. Throws Error.
curate::Hierarchy cluster(const ClusterOptions& options);

/// Tensors level.N.centroids [clusters, dim], level.N.cluster [points], level.N.distance [points],
/// level.N.points [clusters]; says which pool it is of.
void write_hierarchy(const fs::path& file, const curate::Hierarchy& hierarchy, const Pool& pool);

/// Throws Error when it is of another pool.
curate::Hierarchy read_hierarchy(const fs::path& file, const Pool& pool);

}  // namespace troodon::stages
