#include "stages/retrieve.hpp"

#include <limits>
#include <map>

#include "base/error.hpp"
#include "index/kmeans.hpp"
#include "stages/cluster.hpp"

namespace troodon::stages {
namespace {

/// Why a row of the pool was retrieved.
struct Reason {
  std::string set, seed;  ///< the most similar; "" where only a cluster is known
  double similarity = std::numeric_limits<double>::quiet_NaN();
  int64_t times = 0;     ///< seeds, or sets, that brought it
  int64_t cluster = -1;  ///< of cluster-based retrieval
};

/// A curated set.
struct Seeds {
  std::string name;
  Pool pool;
  std::vector<float> rows;  ///< of unit length

  index::Matrix matrix() const { return {rows.data(), pool.size(), pool.rows.dim}; }
};

/// All that seeds have brought so far, and how much each seed did.
struct Found {
  std::map<int64_t, Reason> rows;
  std::vector<std::string> sets, seeds;
  std::vector<int64_t> brought;
};

Seeds open_seeds(const fs::path& file, const Pool& pool) {
  Seeds out{.name = file.stem().string(), .pool = open_set(file, pool)};
  out.rows = index::read_unit_rows(out.pool.rows, 0, out.pool.size());
  return out;
}

void note_seeds(const Seeds& seeds, std::span<const int64_t> brought, Found& found) {
  for (int64_t i = 0; i < seeds.pool.size(); ++i) {
    found.sets.push_back(seeds.name);
    found.seeds.push_back(seeds.pool.path(i));
    found.brought.push_back(brought[static_cast<size_t>(i)]);
  }
}

SetRetrieval by_sample(const Pool& pool,
                       const Seeds& seeds,
                       const RetrieveOptions& options,
                       const Work& work,
                       Found& found) {
  const auto got = curate::retrieve_by_sample(pool.rows,
                                              seeds.matrix(),
                                              options.each,
                                              options.running.threads,
                                              work,
                                              fmt::format("nearest{}", found.seeds.size()));
  std::vector<int64_t> brought(static_cast<size_t>(seeds.pool.size()), 0);
  for (size_t i = 0; i < got.rows.size(); ++i) {
    ++brought[got.seed[i]];
    Reason& reason = found.rows[got.rows[i]];
    reason.times += got.multiplicity[i];
    if (reason.similarity >= got.similarity[i]) continue;  // false for the NaN of a new one
    reason.similarity = got.similarity[i];
    reason.set = seeds.name;
    reason.seed = seeds.pool.path(got.seed[i]);
  }
  note_seeds(seeds, brought, found);
  return {.name = seeds.name,
          .seeds = seeds.pool.size(),
          .entries = got.entries,
          .rows = static_cast<int64_t>(got.rows.size()),
          .shortfall = got.shortfall};
}

SetRetrieval by_cluster(const curate::Hierarchy& clusters,
                        const Seeds& seeds,
                        const RetrieveOptions& options,
                        Found& found) {
  const index::Kmeans& fit = clusters.levels.front().fit;
  const auto seed_clusters = index::kmeans_from(
      seeds.matrix(), fit.matrix(), {.iterations = 0, .threads = options.running.threads});
  const auto got = curate::retrieve_by_cluster(fit.cluster, seed_clusters.cluster, options.rule);
  for (size_t i = 0; i < got.rows.size(); ++i) {
    Reason& reason = found.rows[got.rows[i]];
    ++reason.times;
    if (reason.set.empty()) reason.set = seeds.name;
    reason.cluster = got.cluster[i];
  }
  note_seeds(seeds, got.brought, found);
  return {.name = seeds.name,
          .seeds = seeds.pool.size(),
          .entries = got.retrieved,
          .rows = static_cast<int64_t>(got.rows.size()),
          .shortfall = got.shortfall,
          .clusters = static_cast<int64_t>(got.chosen.size())};
}

Manifest manifest_of(const Pool& pool, const Found& found, bool clustered) {
  std::vector<int64_t> rows, times, clusters;
  std::vector<std::string> sets, seeds;
  std::vector<double> similarities;
  for (const auto& [row, reason] : found.rows) {
    rows.push_back(row);
    times.push_back(reason.times);
    clusters.push_back(reason.cluster);
    sets.push_back(reason.set);
    seeds.push_back(reason.seed);
    similarities.push_back(reason.similarity);
  }
  Manifest out{columns_of(pool, rows)};
  out.columns.push_back({"set", std::move(sets)});
  if (clustered) {
    out.columns.push_back({"cluster", std::move(clusters)});
  } else {
    out.columns.push_back({"seed", std::move(seeds)});
    out.columns.push_back({"similarity", std::move(similarities)});
  }
  out.columns.push_back({"times", std::move(times)});
  return out;
}

}  // namespace

Retrieval retrieve(const RetrieveOptions& options) {
  check_manifest_name(options.out);
  if (!options.by_seed.empty()) check_manifest_name(options.by_seed);
  if (options.seeds.empty()) fail(Exit::usage, "no seeds are given; add --seeds FEATURES");
  std::vector<fs::path> inputs = options.seeds;
  inputs.insert(inputs.end(), {options.features, options.only});
  const Work work =
      begin_work(options.out, fmt::format("retrieve {}", options.each), inputs, options.running);
  const Pool pool = open_pool(options.features, options.only);
  const bool clustered = !options.clusters.empty();
  const curate::Hierarchy clusters =
      clustered ? read_hierarchy(options.clusters, pool) : curate::Hierarchy{};
  Found found;
  Retrieval out{.pool = pool.size()};
  for (const fs::path& file : options.seeds) {
    const Seeds seeds = open_seeds(file, pool);
    out.sets.push_back(clustered ? by_cluster(clusters, seeds, options, found)
                                 : by_sample(pool, seeds, options, work, found));
  }
  std::erase_if(found.rows,
                [&](const auto& row) { return !clustered && row.second.times < options.at_least; });
  out.rows = static_cast<int64_t>(found.rows.size());
  if (options.running.first() && !options.by_seed.empty()) {
    write_manifest(options.by_seed,
                   {{{"path", std::move(found.seeds)},
                     {"set", std::move(found.sets)},
                     {"brought", std::move(found.brought)}}});
  }
  if (options.running.first()) write_manifest(options.out, manifest_of(pool, found, clustered));
  work.finish();
  return out;
}

}  // namespace troodon::stages
