#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/work.hpp"
#include "index/rows.hpp"

namespace troodon::index {

enum class Metric {
  l2,         ///< squared Euclidean distance; centroids are means
  spherical,  ///< rows of unit length; centroids are means made unit length again
};

enum class KmeansInit {
  plus_plus_sample,  ///< greedy k-means++ on sample_per_cluster * clusters random rows
  plus_plus,         ///< greedy k-means++ on all rows
  random,            ///< random rows
};

struct KmeansOptions {
  int64_t clusters = 8;     ///< cut to the rows there are
  int64_t iterations = 20;  ///< updates of the centroids
  Metric metric = Metric::l2;
  KmeansInit init = KmeansInit::plus_plus_sample;
  int64_t sample_per_cluster = 256;  ///< for plus_plus_sample
  uint64_t seed = 0;
  size_t threads = 0;  ///< 0: all cores
  /// For rows held at once that are not in memory yet; limits the sample of plus_plus_sample, too.
  int64_t memory_bytes = int64_t{1} << 30;
  /// Hears the objective of each iteration.
  std::function<void(double)> heard = [](double) {};
};

/// Rows put into clusters.
struct Kmeans {
  int64_t clusters = 0;
  int64_t dim = 0;
  std::vector<float> centroids;   ///< [clusters, dim]
  std::vector<uint32_t> cluster;  ///< [rows] nearest centroid
  std::vector<float> distance;    ///< [rows] squared, to it
  std::vector<int64_t> sizes;     ///< [clusters]
  double inertia = 0;             ///< sum of the distances
  std::vector<double> objective;  ///< inertia before each update, as Centroids::assign says

  Matrix matrix() const { return {centroids.data(), clusters, dim}; }
  /// clusters * sum of squared shares: 1 where all clusters are of one size.
  double imbalance() const;
};

/// Which rows k-means starts from: by options.init, drawn from options.seed.
std::vector<int64_t> kmeans_seeds(const Rows& rows, const KmeansOptions& options);
std::vector<int64_t> kmeans_seeds(const Matrix& rows, const KmeansOptions& options);

/// Lloyd's algorithm from given centroids [k, dim]: rows are assigned, then options.iterations
/// times centroids become means (of values rounded as ExactSums says) and rows are assigned again;
/// there is no other stop, but a round that moves no centroid is the last that is computed. An
/// empty cluster keeps its centroid. Each rank of `work` looks at its part of the rows, and what is
/// reached is remembered as `step`. The same bits for any number of threads, ranks and kills.
/// Throws Error if the widths differ or a value is not finite.
Kmeans kmeans_from(const Rows& rows,
                   const Matrix& initial,
                   const KmeansOptions& options,
                   const Work& work = {},
                   const std::string& step = "kmeans");
Kmeans kmeans_from(const Matrix& rows, const Matrix& initial, const KmeansOptions& options);

/// kmeans_from(rows, the rows kmeans_seeds picks). Throws Error without rows.
Kmeans kmeans(const Rows& rows,
              const KmeansOptions& options,
              const Work& work = {},
              const std::string& step = "kmeans");
Kmeans kmeans(const Matrix& rows, const KmeansOptions& options);

/// The rows of each cluster, ascending: rows[begin[c]] ... rows[begin[c + 1] - 1].
struct Members {
  std::vector<int64_t> begin;  ///< [clusters + 1]
  std::vector<int64_t> rows;

  std::span<const int64_t> of(int64_t cluster) const {
    return std::span(rows).subspan(begin[cluster], begin[cluster + 1] - begin[cluster]);
  }
};

/// cluster [rows], each below `clusters`.
Members members_of(std::span<const uint32_t> cluster, int64_t clusters);

}  // namespace troodon::index
