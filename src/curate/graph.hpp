#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/work.hpp"
#include "curate/edge.hpp"
#include "index/rows.hpp"

namespace troodon::curate {

using index::Rows;

struct GraphOptions {
  double threshold = 0.6;   ///< cosine that an edge must be above; the paper's for self-dedup
  int64_t neighbours = 64;  ///< edges are among the most similar of one of their two rows; 0: all
  int64_t memory_bytes = int64_t{1} << 30;  ///< for features held at once, about
  size_t threads = 0;                       ///< 0: all cores
};

struct BucketOptions {
  int64_t lists = 0;             ///< buckets by nearest of so many centroids; 0: 4 sqrt(rows)
  int64_t probes = 8;            ///< buckets that a row looks for neighbours in
  double recall = 0;             ///< while less than this share of a sample's edges is found, the
                                 ///< search is made again with twice the probes; 0: never
  int64_t rows_per_list = 256;   ///< sample that centroids are learnt from
  int64_t iterations = 10;       ///< of their k-means
  int64_t recall_sample = 1000;  ///< rows whose edges are searched exactly too; 0: none
  uint64_t seed = 0;
};

/// Which rows are alike.
struct Graph {
  std::vector<Edge> edges;   ///< ascending by (a, b)
  int64_t directed = 0;      ///< neighbours above the threshold, counted from both sides
  int64_t recall_edges = 0;  ///< edges of the sampled rows, by exact search
  double recall = std::numeric_limits<double>::quiet_NaN();  ///< share of them that was found; NaN
                                                             ///< without any
  int64_t probes = 0;                                        ///< of a bucketed graph: what it took
};

/// The nearest-neighbour graph above a threshold (paper, appendix A), every pair compared. Rows are
/// normalised. The same edges, bit for bit, for any number of threads, ranks, kills and bytes.
/// Throws Error for 2^32 rows or more.
Graph exact_graph(const Rows& rows, const GraphOptions& options = {}, const Work& work = {});

/// The same, but a row is compared only with the rows of the buckets nearest to it. Found edges
/// have exact similarities.
Graph bucketed_graph(const Rows& rows,
                     const GraphOptions& options = {},
                     const BucketOptions& buckets = {},
                     const Work& work = {});

/// The edges of rows `which` (ascending) alone, exactly.
std::vector<Edge> exact_edges_of(const Rows& rows,
                                 std::span<const int64_t> which,
                                 const GraphOptions& options);

}  // namespace troodon::curate
