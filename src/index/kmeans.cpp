#include "index/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "index/centroids.hpp"
#include "index/exact_sums.hpp"
#include "index/seeding.hpp"

namespace troodon::index {
namespace {

/// Rows that are read and assigned at once: about 32 MB.
int64_t block_rows(int64_t dim) {
  return std::clamp<int64_t>((int64_t{1} << 23) / std::max<int64_t>(dim, 1), 1024, 65536);
}

/// The part of the rows that one rank looks at, in whole blocks, so that sums over blocks are the
/// same for any number of ranks.
struct Share {
  int64_t first = 0, end = 0, block = 1;

  Share(const Rows& rows, const Ranks& ranks) : block(block_rows(rows.dim)) {
    const int64_t blocks = (rows.rows + block - 1) / block;
    first = std::min(rows.rows, blocks * ranks.rank() / ranks.size() * block);
    end = std::min(rows.rows, blocks * (ranks.rank() + 1) / ranks.size() * block);
  }
  int64_t count() const { return end - first; }

  /// body(block, its place in the share).
  template <class Body>
  void each(const Rows& rows, const Body& body) const {
    std::vector<float> buffer;
    for (int64_t at = first; at < end; at += block)
      body(block_of(rows, at, std::min(block, end - at), buffer), at - first);
  }
};

/// The values of all ranks, in order.
template <class T>
std::vector<T> gather(const std::vector<T>& mine, Ranks& ranks) {
  if (ranks.size() == 1) return mine;
  std::vector<T> out, part;
  for (const std::string& bytes : ranks.gather(ByteWriter().put(mine).take())) {
    ByteReader(bytes).get(part);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// What goes from one update of the centroids to the next.
struct Progressing {
  int64_t iteration = 0;
  std::vector<float> centroids;
  std::vector<double> objective;

  std::string bytes() const {
    return ByteWriter().put(iteration).put(centroids).put(objective).take();
  }
  void read(std::string_view bytes) {
    ByteReader(bytes).get(iteration).get(centroids).get(objective);
  }
};

/// One rank's part of Lloyd's algorithm.
class Lloyd {
 public:
  Lloyd(const Rows& rows, int64_t clusters, const KmeansOptions& options, const Work& work)
      : share_(rows, work.ranks()),
        rows_(held_if_small(rows, share_.first, share_.count(), options.memory_bytes)),
        clusters_(clusters),
        options_(options),
        ranks_(work.ranks()),
        sums_(clusters, rows.dim, rows.rows, largest()),
        cluster_(static_cast<size_t>(share_.count()), ExactSums::kNone) {}

  Matrix matrix(const std::vector<float>& centroids) const {
    return {centroids.data(), clusters_, rows_.dim};
  }

  /// Rows go to the nearest centroid; the sum of their squared distances, to about six digits.
  double assign(const std::vector<float>& centroids) {
    const Centroids nearest(matrix(centroids));
    std::vector<double> objective;
    std::vector<uint32_t> after;
    share_.each(rows_, [&](const Matrix& block, int64_t at) {
      after.resize(static_cast<size_t>(block.rows));
      objective.push_back(nearest.assign(block, after, {}, options_.threads));
      const auto before = std::span(cluster_).subspan(at, block.rows);
      sums_.move(block, before, after, options_.threads);
      std::ranges::copy(after, before.begin());
    });
    return sum(gather(objective, ranks_));
  }

  /// Centroids become means, or their directions; without rows or direction they stay.
  void update(std::vector<float>& centroids) const {
    const ExactSums all = all_sums();
    std::vector<double> mean(static_cast<size_t>(rows_.dim));
    for (int64_t c = 0; c < clusters_; ++c) {
      if (all.size_of(c) == 0) continue;
      all.sum_of(c, mean);
      const double length =
          options_.metric == Metric::l2
              ? static_cast<double>(all.size_of(c))
              : std::sqrt(std::inner_product(mean.begin(), mean.end(), mean.begin(), 0.0));
      if (length == 0) continue;
      for (int64_t d = 0; d < rows_.dim; ++d)
        centroids[c * rows_.dim + d] = static_cast<float>(mean[d] / length);
    }
  }

  Kmeans finish(Progressing reached) {
    const Centroids nearest(matrix(reached.centroids));
    std::vector<float> distance(cluster_.size());
    share_.each(rows_, [&](const Matrix& block, int64_t at) {
      nearest.assign(block,
                     std::span(cluster_).subspan(at, block.rows),
                     std::span(distance).subspan(at, block.rows),
                     options_.threads);
    });
    Kmeans out{.clusters = clusters_,
               .dim = rows_.dim,
               .centroids = std::move(reached.centroids),
               .cluster = gather(cluster_, ranks_),
               .distance = gather(distance, ranks_),
               .objective = std::move(reached.objective)};
    out.inertia = std::accumulate(out.distance.begin(), out.distance.end(), 0.0);
    out.sizes.resize(static_cast<size_t>(clusters_));
    for (const uint32_t c : out.cluster) ++out.sizes[c];
    return out;
  }

 private:
  /// Of all ranks' rows.
  double largest() const {
    double out = 0;
    share_.each(rows_, [&](const Matrix& block, int64_t at) {
      const double here = largest_of(block, options_.threads);
      if (!std::isfinite(here))
        fail(Exit::input,
             "among the vectors {} to {} is one with values that are not finite numbers",
             share_.first + at,
             share_.first + at + block.rows - 1);
      out = std::max(out, here);
    });
    return std::ranges::max(gather(std::vector<double>{out}, ranks_));
  }

  ExactSums all_sums() const {
    ExactSums all = sums_;
    if (ranks_.size() == 1) return all;
    std::vector<int64_t> numbers = sums_.numbers();
    ranks_.add(numbers);
    all.set_numbers(std::move(numbers));
    return all;
  }

  Share share_;
  Rows rows_;
  int64_t clusters_;
  KmeansOptions options_;
  Ranks& ranks_;
  ExactSums sums_;
  std::vector<uint32_t> cluster_;  ///< of this rank's rows
};

}  // namespace

double Kmeans::imbalance() const {
  double squares = 0, total = 0;
  for (const int64_t size : sizes) {
    squares += static_cast<double>(size) * static_cast<double>(size);
    total += static_cast<double>(size);
  }
  return total == 0 ? 0 : static_cast<double>(clusters) * squares / (total * total);
}

Members members_of(std::span<const uint32_t> cluster, int64_t clusters) {
  Members out{.begin = std::vector<int64_t>(static_cast<size_t>(clusters + 1)),
              .rows = std::vector<int64_t>(cluster.size())};
  for (const uint32_t c : cluster) ++out.begin[c + 1];
  std::partial_sum(out.begin.begin(), out.begin.end(), out.begin.begin());
  std::vector<int64_t> next(out.begin.begin(), out.begin.end() - 1);
  for (size_t i = 0; i < cluster.size(); ++i)
    out.rows[next[cluster[i]]++] = static_cast<int64_t>(i);
  return out;
}

std::vector<int64_t> kmeans_seeds(const Rows& rows, const KmeansOptions& options) {
  const int64_t k = std::min(options.clusters, rows.rows);
  if (k < 1) fail("k-means needs at least one row and one cluster, not {} and {}", rows.rows, k);
  if (options.init == KmeansInit::random) return random_rows(rows.rows, k, options.seed);
  Random random(mix(options.seed, 1));
  const auto uniform = [&] { return random.uniform(); };
  int64_t sample =
      options.init == KmeansInit::plus_plus ? rows.rows : options.sample_per_cluster * k;
  if (rows.memory == nullptr) {
    const int64_t fit = options.memory_bytes / (rows.dim * static_cast<int64_t>(sizeof(float)));
    sample = std::min(sample, fit);
  }
  sample = std::clamp(sample, k, rows.rows);
  std::vector<float> buffer;
  if (sample == rows.rows)
    return plus_plus_seeds(block_of(rows, 0, rows.rows, buffer), k, uniform, options.threads);
  const auto some = random_rows(rows.rows, sample, options.seed);
  const auto values = gather_rows(rows, some);
  auto seeds = plus_plus_seeds({values.data(), sample, rows.dim}, k, uniform, options.threads);
  for (int64_t& seed : seeds) seed = some[seed];
  return seeds;
}

std::vector<int64_t> kmeans_seeds(const Matrix& rows, const KmeansOptions& options) {
  return kmeans_seeds(rows_of(rows), options);
}

Kmeans kmeans_from(const Rows& rows,
                   const Matrix& initial,
                   const KmeansOptions& options,
                   const Work& work,
                   const std::string& step) {
  if (rows.dim != initial.dim) fail("rows have width {}, the centroids {}", rows.dim, initial.dim);
  Progressing at;
  at.centroids.assign(initial.data, initial.data + initial.rows * initial.dim);
  if (const std::string bytes = work.recall(step); !bytes.empty()) at.read(bytes);
  Lloyd lloyd(rows, initial.rows, options, work);
  for (; at.iteration < options.iterations; ++at.iteration) {
    work.check_interrupt();
    const double objective = lloyd.assign(at.centroids);
    at.objective.push_back(objective);
    options.heard(objective);
    const std::vector<float> before = at.centroids;
    lloyd.update(at.centroids);
    if (at.centroids == before) break;
    work.remember(step, [&] {
      Progressing next = at;
      ++next.iteration;
      return next.bytes();
    });
  }
  return lloyd.finish(std::move(at));
}

Kmeans kmeans_from(const Matrix& rows, const Matrix& initial, const KmeansOptions& options) {
  return kmeans_from(rows_of(rows), initial, options);
}

Kmeans kmeans(const Rows& rows,
              const KmeansOptions& options,
              const Work& work,
              const std::string& step) {
  const std::string chosen = work.together(
      step + ".seeds", [&] { return ByteWriter().put(kmeans_seeds(rows, options)).take(); });
  std::vector<int64_t> seeds;
  ByteReader(chosen).get(seeds);
  const auto initial = gather_rows(rows, seeds);
  return kmeans_from(
      rows, {initial.data(), static_cast<int64_t>(seeds.size()), rows.dim}, options, work, step);
}

Kmeans kmeans(const Matrix& rows, const KmeansOptions& options) {
  return kmeans(rows_of(rows), options);
}

}  // namespace troodon::index
