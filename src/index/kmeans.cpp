#include "index/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "index/centroids.hpp"
#include "index/seeding.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kSegment = 4096;  // members summed by one thread, in a fixed order

/// Members that are summed together.
struct Segment {
  int64_t cluster, first, end;
};

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("default", "avx2", "avx512f")))
#endif
void add_row(const float* row, int64_t dim, double* sum) {
  using Floats = float __attribute__((vector_size(32)));
  using Doubles = double __attribute__((vector_size(64)));
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8) {
    Floats values;
    Doubles total;
    std::memcpy(&values, row + d, sizeof(values));
    std::memcpy(&total, sum + d, sizeof(total));
    total += __builtin_convertvector(values, Doubles);
    std::memcpy(sum + d, &total, sizeof(total));
  }
  for (; d < dim; ++d) sum[d] += row[d];
}

/// The sums of some members in double.
std::vector<double> sums_of(const Matrix& rows,
                            const Members& members,
                            std::span<const Segment> segments,
                            size_t threads) {
  std::vector<double> sums(segments.size() * static_cast<size_t>(rows.dim));
  parallel_for(
      segments.size(),
      [&](size_t s) {
        double* sum = sums.data() + static_cast<int64_t>(s) * rows.dim;
        for (int64_t i = segments[s].first; i < segments[s].end; ++i)
          add_row(rows.row(members.rows[i]), rows.dim, sum);
      },
      threads);
  return sums;
}

/// Writes sum / count, or the sum's direction; without one the centroid stays.
void write_centroid(std::span<const double> sum, int64_t count, Metric metric, float* centroid) {
  double scale = 1.0 / static_cast<double>(count);
  if (metric == Metric::spherical) {
    const double length = std::sqrt(std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0));
    if (length == 0) return;
    scale = 1.0 / length;
  }
  for (size_t d = 0; d < sum.size(); ++d)
    centroid[d] = static_cast<float>(metric == Metric::l2 ? sum[d] / static_cast<double>(count)
                                                          : sum[d] * scale);
}

/// Means of the clusters marked in `changed`: a mean depends on its members alone, so the others'
/// would come out as they are.
void update(const Matrix& rows,
            std::span<const uint8_t> changed,
            const KmeansOptions& options,
            Kmeans& state) {
  const Members members = members_of(state.cluster, state.clusters);
  std::vector<Segment> segments;
  for (int64_t c = 0; c < state.clusters; ++c) {
    for (int64_t i = members.begin[c]; changed[c] && i < members.begin[c + 1]; i += kSegment)
      segments.push_back({c, i, std::min(i + kSegment, members.begin[c + 1])});
  }
  std::vector<double> sums = sums_of(rows, members, segments, options.threads);
  const auto dim = static_cast<size_t>(rows.dim);
  for (size_t s = 0; s < segments.size();) {
    const int64_t c = segments[s].cluster;
    const std::span total(sums.data() + s * dim, dim);
    for (++s; s < segments.size() && segments[s].cluster == c; ++s) {
      for (size_t d = 0; d < dim; ++d) total[d] += sums[s * dim + d];
    }
    write_centroid(total,
                   members.begin[c + 1] - members.begin[c],
                   options.metric,
                   state.centroids.data() + c * rows.dim);
  }
}

/// Clusters that rows joined or left.
std::vector<uint8_t> changes(std::span<const uint32_t> before,
                             std::span<const uint32_t> after,
                             int64_t clusters) {
  std::vector<uint8_t> out(static_cast<size_t>(clusters));
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) out[before[i]] = out[after[i]] = 1;
  }
  return out;
}

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

std::vector<float> gather_rows(const Matrix& rows, std::span<const int64_t> indices) {
  std::vector<float> out(indices.size() * static_cast<size_t>(rows.dim));
  for (size_t i = 0; i < indices.size(); ++i)
    std::copy_n(rows.row(indices[i]), rows.dim, out.data() + static_cast<int64_t>(i) * rows.dim);
  return out;
}

std::vector<int64_t> kmeans_seeds(const Matrix& rows, const KmeansOptions& options) {
  const int64_t k = std::min(options.clusters, rows.rows);
  if (k < 1) fail("k-means needs at least one row and one cluster, not {} and {}", rows.rows, k);
  if (options.init == KmeansInit::random) return random_rows(rows.rows, k, options.seed);
  Random random(mix(options.seed, 1));
  const auto uniform = [&] { return random.uniform(); };
  const int64_t sample = options.sample_per_cluster * k;
  if (options.init == KmeansInit::plus_plus || sample >= rows.rows)
    return plus_plus_seeds(rows, k, uniform, options.threads);
  const auto some = random_rows(rows.rows, std::max(sample, k), options.seed);
  const auto values = gather_rows(rows, some);
  auto seeds = plus_plus_seeds(
      {values.data(), static_cast<int64_t>(some.size()), rows.dim}, k, uniform, options.threads);
  for (int64_t& seed : seeds) seed = some[seed];
  return seeds;
}

Kmeans kmeans_from(const Matrix& rows, const Matrix& initial, const KmeansOptions& options) {
  Kmeans out{.clusters = initial.rows, .dim = initial.dim};
  out.centroids.assign(initial.data, initial.data + initial.rows * initial.dim);
  out.cluster.resize(static_cast<size_t>(rows.rows));
  out.distance.resize(out.cluster.size());
  std::vector<uint32_t> before;
  std::vector<uint8_t> changed(static_cast<size_t>(out.clusters), 1);
  for (int64_t i = 0; i < options.iterations; ++i) {
    out.objective.push_back(Centroids(out.matrix()).assign(rows, out.cluster, {}, options.threads));
    if (i > 0) changed = changes(before, out.cluster, out.clusters);
    if (std::ranges::none_of(changed, [](uint8_t c) { return c != 0; })) break;
    before = out.cluster;
    update(rows, changed, options, out);
  }
  Centroids(out.matrix()).assign(rows, out.cluster, out.distance, options.threads);
  out.inertia = std::accumulate(out.distance.begin(), out.distance.end(), 0.0);
  out.sizes.resize(static_cast<size_t>(out.clusters));
  for (const uint32_t c : out.cluster) ++out.sizes[c];
  return out;
}

Kmeans kmeans(const Matrix& rows, const KmeansOptions& options) {
  const auto seeds = kmeans_seeds(rows, options);
  const auto initial = gather_rows(rows, seeds);
  return kmeans_from(rows, {initial.data(), static_cast<int64_t>(seeds.size()), rows.dim}, options);
}

}  // namespace troodon::index
