#include "curate/hierarchy.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/random.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

using index::Kmeans;
using index::KmeansOptions;
using index::Matrix;

KmeansOptions kmeans_options(const HierarchyOptions& options, int64_t clusters, uint64_t seed) {
  return {.clusters = clusters,
          .iterations = options.iterations,
          .metric = options.metric,
          .init = options.init,
          .seed = seed,
          .threads = options.threads};
}

Kmeans fit(const Matrix& points, const HierarchyOptions& options, int64_t clusters, uint64_t seed) {
  const KmeansOptions one = kmeans_options(options, clusters, seed);
  if (!options.seeds) return kmeans(points, one);
  const auto seeds = options.seeds(points, std::min(clusters, points.rows));
  const auto initial = gather_rows(points, seeds);
  return kmeans_from(points, {initial.data(), static_cast<int64_t>(seeds.size()), points.dim}, one);
}

Kmeans fit_level(const Matrix& points, const HierarchyOptions& options, size_t number) {
  const LevelOptions& level = options.levels[number];
  Kmeans out = fit(points, options, level.clusters, mix(options.seed, number, 0));
  for (int64_t round = 1; level.resample > 1 && round <= options.rounds; ++round) {
    const uint64_t seed = mix(options.seed, number, round);
    const auto some = resample(out, level.resample, options.resampling, seed);
    const auto values = gather_rows(points, some);
    const Kmeans fresh = fit({values.data(), static_cast<int64_t>(some.size()), points.dim},
                             options,
                             level.clusters,
                             seed);
    KmeansOptions assign_only = kmeans_options(options, level.clusters, seed);
    assign_only.iterations = 0;
    out = kmeans_from(points, fresh.matrix(), assign_only);
  }
  return out;
}

}  // namespace

index::Members closest_first(const Kmeans& fit) {
  index::Members out = index::members_of(fit.cluster, fit.clusters);
  for (int64_t c = 0; c < fit.clusters; ++c) {
    std::stable_sort(out.rows.begin() + out.begin[c],
                     out.rows.begin() + out.begin[c + 1],
                     [&](int64_t i, int64_t j) { return fit.distance[i] < fit.distance[j]; });
  }
  return out;
}

std::vector<int64_t> resample(const Kmeans& fit, int64_t count, Pick pick, uint64_t seed) {
  const index::Members members =
      pick == Pick::closest ? closest_first(fit) : index::members_of(fit.cluster, fit.clusters);
  std::vector<int64_t> out;
  for (int64_t c = 0; c < fit.clusters; ++c) {
    const auto all = members.of(c);
    const auto size = static_cast<int64_t>(all.size());
    const int64_t some = std::min(count, size);
    if (pick == Pick::closest || some == size) {
      out.insert(out.end(), all.begin(), all.begin() + some);
    } else {
      for (const int64_t i : index::random_rows(size, some, mix(seed, c))) out.push_back(all[i]);
    }
  }
  return out;
}

Hierarchy build_hierarchy(const Matrix& rows, const HierarchyOptions& options) {
  if (options.levels.empty()) fail("hierarchical k-means needs at least one level");
  Hierarchy out;
  for (size_t number = 0; number < options.levels.size(); ++number) {
    const Matrix points = number == 0 ? rows : out.levels[number - 1].fit.matrix();
    Level level{.fit = fit_level(points, options, number)};
    level.points.resize(static_cast<size_t>(level.fit.clusters));
    for (size_t i = 0; i < level.fit.cluster.size(); ++i)
      level.points[level.fit.cluster[i]] += number == 0 ? 1 : out.levels[number - 1].points[i];
    out.levels.push_back(std::move(level));
  }
  return out;
}

}  // namespace troodon::curate
