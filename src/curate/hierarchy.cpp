#include "curate/hierarchy.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

using index::Kmeans;
using index::KmeansOptions;
using index::Matrix;
using index::Rows;

/// One k-means of a hierarchy.
struct Task {
  int64_t clusters;
  uint64_t seed;
  std::string step;  ///< its name
};

KmeansOptions kmeans_options(const HierarchyOptions& options, const Task& task, Progress& line) {
  int64_t iteration = 0;
  const auto heard = [&line, iteration](double objective) mutable {
    line.note(fmt::format("iteration {}, inertia {:.6g}", ++iteration, objective));
    line.advance(0);
  };
  return {.clusters = task.clusters,
          .iterations = options.iterations,
          .metric = options.metric,
          .init = options.init,
          .seed = task.seed,
          .threads = options.threads,
          .memory_bytes = options.memory_bytes,
          .heard = heard};
}

Kmeans fit(const Rows& points,
           const HierarchyOptions& options,
           const Task& task,
           Progress& line,
           const Work& work) {
  const KmeansOptions one = kmeans_options(options, task, line);
  if (!options.seeds) return kmeans(points, one, work, task.step);
  std::vector<float> buffer;
  const Matrix all = block_of(points, 0, points.rows, buffer);
  const auto seeds = options.seeds(all, std::min(task.clusters, points.rows));
  const auto initial = gather_rows(points, seeds);
  return kmeans_from(all, {initial.data(), static_cast<int64_t>(seeds.size()), points.dim}, one);
}

std::string bytes_of(const Kmeans& fit) {
  return ByteWriter()
      .put(fit.clusters)
      .put(fit.dim)
      .put(fit.centroids)
      .put(fit.cluster)
      .put(fit.distance)
      .put(fit.sizes)
      .put(fit.inertia)
      .put(fit.objective)
      .take();
}

Kmeans kmeans_of(std::string_view bytes) {
  Kmeans out;
  ByteReader(bytes)
      .get(out.clusters)
      .get(out.dim)
      .get(out.centroids)
      .get(out.cluster)
      .get(out.distance)
      .get(out.sizes)
      .get(out.inertia)
      .get(out.objective);
  return out;
}

/// A fresh k-means of a few members of each cluster, to which all points are then assigned.
Kmeans refit(const Rows& points,
             const Kmeans& before,
             const HierarchyOptions& options,
             int64_t members,
             const Task& task,
             Progress& line,
             const Work& work) {
  const Rows some = chosen(points, resample(before, members, options.resampling, task.seed));
  const Kmeans fresh = fit(some, options, task, line, work);
  KmeansOptions assign_only = kmeans_options(options, task, line);
  assign_only.iterations = 0;
  return kmeans_from(points, fresh.matrix(), assign_only, work, task.step + ".assigned");
}

Kmeans fit_level(const Rows& points,
                 const HierarchyOptions& options,
                 size_t number,
                 const Work& work) {
  const LevelOptions& level = options.levels[number];
  const auto task = [&](int64_t round) {
    return Task{.clusters = level.clusters,
                .seed = mix(options.seed, number, round),
                .step = fmt::format("level{}.round{}", number + 1, round)};
  };
  const int64_t rounds = level.resample > 1 ? options.rounds : 0;
  const auto line =
      work.progress(fmt::format("level {}: rounds", number + 1), static_cast<size_t>(rounds + 1));
  Kmeans out;
  for (int64_t round = 0; round <= rounds; ++round, line->advance()) {
    const auto make = [&] {
      return bytes_of(round == 0
                          ? fit(points, options, task(0), *line, work)
                          : refit(points, out, options, level.resample, task(round), *line, work));
    };
    out = kmeans_of(work.together(task(round).step + ".fit", make));
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

Hierarchy build_hierarchy(const Rows& rows, const HierarchyOptions& options, const Work& work) {
  if (options.levels.empty()) fail("hierarchical k-means needs at least one level");
  Hierarchy out;
  for (size_t number = 0; number < options.levels.size(); ++number) {
    const Rows points = number == 0 ? rows : rows_of(out.levels[number - 1].fit.matrix());
    Level level{.fit = fit_level(points, options, number, work)};
    level.points.resize(static_cast<size_t>(level.fit.clusters));
    for (size_t i = 0; i < level.fit.cluster.size(); ++i)
      level.points[level.fit.cluster[i]] += number == 0 ? 1 : out.levels[number - 1].points[i];
    out.levels.push_back(std::move(level));
  }
  return out;
}

Hierarchy build_hierarchy(const Matrix& rows, const HierarchyOptions& options) {
  return build_hierarchy(rows_of(rows), options);
}

}  // namespace troodon::curate
