#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "explore/neighbourhood.hpp"

namespace troodon::explore {

struct ClusterOptions {
  int64_t count = 0;  ///< clusters by k-means; 0: as many as the neighbourhoods have communities
  double resolution = 1;  ///< of communities: larger gives more of them
  int64_t examples = 12;  ///< of each cluster, nearest to its centre and spread around it
  uint64_t seed = 0;
  size_t threads = 0;
};

struct Cluster {
  std::vector<int64_t> rows;      ///< nearest to the centre first
  std::vector<int64_t> examples;  ///< first half the nearest, then each far from those before it
  int64_t label = -1;             ///< the commonest among its rows; -1: none
  double label_share = 0;         ///< of its labelled rows
  double tightness = 0;           ///< mean cosine to the centre
};

struct Clusters {
  std::vector<Cluster> clusters;  ///< largest first
  std::vector<uint32_t> cluster;  ///< [rows]
  double modularity = 0;          ///< of communities; 0 for k-means
};

/// Rows that belong together. Communities of the neighbour graph by Louvain's method (Blondel et
/// al. 2008), or spherical k-means. labels: [rows], -1: none; or empty. Same input, same answer.
Clusters clusters(const Matrix& unit,
                  const Neighbours& neighbours,
                  std::span<const int64_t> labels = {},
                  const ClusterOptions& options = {});

/// Communities of an undirected weighted graph: [nodes] numbers from 0. Each edge comes once.
struct WeightedEdge {
  uint32_t a = 0, b = 0;
  double weight = 0;
};
struct Communities {
  std::vector<uint32_t> community;
  int64_t count = 0;
  double modularity = 0;
};
Communities communities(uint32_t nodes,
                        std::span<const WeightedEdge> edges,
                        double resolution = 1,
                        uint64_t seed = 0);

/// A row's neighbours as edges; weight: the share of neighbours that two rows have in common.
std::vector<WeightedEdge> shared_neighbour_edges(const Neighbours& neighbours);

}  // namespace troodon::explore
