#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/kmeans.hpp"

namespace troodon::curate {

/// One level of hierarchical k-means, level 1 first.
struct LevelOptions {
  int64_t clusters = 0;  ///< cut to the points there are
  int64_t resample = 0;  ///< members of each cluster that a further round learns from, about half
                         ///< the mean size; 0 or 1: no further rounds
};

enum class Pick {
  closest,  ///< to the centroid; of equals the lower row
  random,
};

struct HierarchyOptions {
  std::vector<LevelOptions> levels;
  int64_t rounds = 0;  ///< further rounds per level after the first k-means
  Pick resampling = Pick::closest;
  int64_t iterations = 50;  ///< of each k-means
  index::Metric metric = index::Metric::l2;
  index::KmeansInit init = index::KmeansInit::plus_plus_sample;
  uint64_t seed = 0;
  size_t threads = 0;                       ///< 0: all cores
  int64_t memory_bytes = int64_t{1} << 30;  ///< as index::KmeansOptions
  /// Which of these points a k-means starts from, instead of `init`; called once per k-means, in
  /// order.
  std::function<std::vector<int64_t>(const index::Matrix& points, int64_t clusters)> seeds;
};

/// Level 1 clusters rows, each further level the centroids below it.
struct Level {
  index::Kmeans fit;            ///< of the centroids below, or of the rows
  std::vector<int64_t> points;  ///< [clusters] rows under each
};

struct Hierarchy {
  std::vector<Level> levels;
};

/// Hierarchical k-means with resampling (Vo et al. 2024, section 3; spec section 2.2). At each
/// level: k-means; then `rounds` times a fresh k-means of a few members of each cluster, to which
/// all points are assigned, so that centroids spread over the points' region and not their density.
/// What `work` has of it already is not computed again. Throws Error without levels or rows.
Hierarchy build_hierarchy(const index::Rows& rows,
                          const HierarchyOptions& options,
                          const Work& work = {});
Hierarchy build_hierarchy(const index::Matrix& rows, const HierarchyOptions& options);

/// Members sorted from the closest to the farthest from their centroid.
index::Members closest_first(const index::Kmeans& fit);

/// Up to `count` members of each cluster, cluster after cluster.
std::vector<int64_t> resample(const index::Kmeans& fit, int64_t count, Pick pick, uint64_t seed);

}  // namespace troodon::curate
