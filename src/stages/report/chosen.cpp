#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/random.hpp"
#include "curate/hierarchy.hpp"
#include "stages/cluster.hpp"
#include "stages/report/exhibit.hpp"
#include "stages/report/table.hpp"

// Galleries of what stages chose: retrieve, cluster, sample.
namespace troodon::stages {
namespace {

/// A seed and the rows of the manifest that it brought.
struct Brought {
  std::string set, seed;
  std::vector<std::pair<double, int64_t>> pictures;  ///< similarity, item; most similar first
};

std::vector<Brought> by_seed(const StageRun& run) {
  const size_t set = needed_column(run.kept, "set", run.files.out);
  const size_t seed = needed_column(run.kept, "seed", run.files.out);
  const size_t similarity = needed_column(run.kept, "similarity", run.files.out);
  std::map<std::pair<std::string, std::string>, Brought> seeds;
  for (size_t i = 0; i < run.kept.rows.size(); ++i) {
    const auto& row = run.kept.rows[i];
    Brought& of = seeds[{row[set], row[seed]}];
    of.set = row[set], of.seed = row[seed];
    of.pictures.emplace_back(formats::number_of(row[similarity]), run.kept_items[i]);
  }
  std::vector<Brought> out;
  for (auto& [name, of] : seeds) {
    std::stable_sort(of.pictures.begin(), of.pictures.end(), [](const auto& a, const auto& b) {
      return a.first > b.first;
    });
    out.push_back(std::move(of));
  }
  return out;
}

Shelf seed_shelf(const Show& show, const Brought& of) {
  Shelf out;
  Shot seed = shot_of(of.seed, show.seed_sets, Shot::Role::seed);
  seed.caption = "of " + of.set;
  out.shots.push_back(std::move(seed));
  for (size_t i = 0; i < std::min(of.pictures.size(), kOnShelf - 1); ++i)
    out.shots.push_back(
        show.shot(of.pictures[i].second, fmt::format("cosine {:.3f}", of.pictures[i].first)));
  return out;
}

ExhibitPart seed_part(const Show& show,
                      const std::string& heading,
                      const std::string& text,
                      const std::vector<Brought>& seeds) {
  ExhibitPart out{.heading = heading, .text = text};
  for (size_t i = 0; i < std::min(show.groups() / 2 + 1, seeds.size()); ++i)
    out.shelves.push_back(seed_shelf(show, seeds[i]));
  return out;
}

/// "pets: 96 seeds brought 4 pictures each at the mean, 3 of them none." for each set.
std::string yields(const fs::path& file) {
  struct Yield {
    int64_t seeds = 0, none = 0;
    double brought = 0;
  };
  const formats::Table table = read_table(file);
  const size_t set = needed_column(table, "set", file);
  const size_t brought = needed_column(table, "brought", file);
  std::map<std::string, Yield> sets;
  for (const auto& row : table.rows) {
    const double count = formats::number_of(row[brought]);
    Yield& of = sets[row[set]];
    ++of.seeds, of.brought += count, of.none += count == 0 ? 1 : 0;
  }
  std::string out;
  for (const auto& [name, of] : sets)
    out += fmt::format(" {}: {} seeds brought {:.1f} pictures each at the mean, {} of them none.",
                       name,
                       of.seeds,
                       of.brought / static_cast<double>(of.seeds),
                       of.none);
  return out;
}

Exhibit seeds_of(const Show& show, const StageRun& run) {
  Exhibit out{.id = "seeds",
              .title = "Seeds and what they brought",
              .text = "Each retrieved picture stands beside the seed it is most like."};
  if (!show.options.by_seed.empty()) out.text += yields(show.options.by_seed);
  std::vector<Brought> seeds = by_seed(run);
  std::stable_sort(seeds.begin(), seeds.end(), [](const Brought& a, const Brought& b) {
    return a.pictures.size() > b.pictures.size();
  });
  out.parts.push_back(
      seed_part(show,
                "Seeds that brought most",
                "Many pictures beside one seed mean that others like it found them taken.",
                seeds));
  std::stable_sort(seeds.begin(), seeds.end(), [](const Brought& a, const Brought& b) {
    return a.pictures.front().first < b.pictures.front().first;
  });
  out.parts.push_back(seed_part(show,
                                "Seeds with the least like them",
                                "What they brought is the best that the pool has for them.",
                                seeds));
  return out;
}

using Clusters = std::map<int64_t, std::vector<int64_t>>;  ///< items of each

Clusters clusters_of_manifest(const StageRun& run) {
  const size_t cluster = run.kept.column("cluster");
  Clusters out;
  for (size_t i = 0; i < run.kept.rows.size(); ++i)
    out[static_cast<int64_t>(formats::number_of(run.kept.rows[i][cluster]))].push_back(
        run.kept_items[i]);
  return out;
}

/// Lowest clusters of the hierarchy, which is of what the stage before it left.
Clusters clusters_of_pool(const Show& show, size_t stage) {
  fs::path only;
  for (size_t i = 0; i < stage; ++i) {
    if (!show.course.stages[i].is("cluster")) only = show.course.stages[i].files.out;
  }
  const Pool pool = open_pool(show.options.features, only);
  const auto hierarchy = read_hierarchy(show.course.stages[stage].files.out, pool);
  const auto& cluster = hierarchy.levels.front().fit.cluster;
  Clusters out;
  for (int64_t row = 0; row < pool.size(); ++row) {
    const auto at = show.places.find(pool.path(row));
    if (at != show.places.end()) out[cluster[static_cast<size_t>(row)]].push_back(at->second);
  }
  return out;
}

Shelf cluster_shelf(const Show& show, int64_t cluster, const std::vector<int64_t>& items) {
  int64_t chosen = 0;
  for (const int64_t item : items)
    chosen += show.course.fates[static_cast<size_t>(item)].empty() ? 1 : 0;
  Shelf out{.heading = fmt::format(
                "cluster {}: {} pictures, {} in the set", cluster, items.size(), chosen)};
  for (const int64_t item :
       drawn(items, kOnShelf, mix(show.options.seed, static_cast<uint64_t>(cluster)))) {
    const bool stays = show.course.fates[static_cast<size_t>(item)].empty();
    out.shots.push_back(show.shot(item, "", stays ? Shot::Role::stays : Shot::Role::plain));
  }
  return out;
}

Exhibit clusters_of(const Show& show, const Clusters& clusters, const std::string& where) {
  std::vector<std::pair<int64_t, const std::vector<int64_t>*>> order;
  for (const auto& [cluster, items] : clusters) order.emplace_back(cluster, &items);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.second->size() > b.second->size();
  });
  Exhibit out{.id = "clusters",
              .title = "Clusters",
              .text = fmt::format("{} clusters {}. Some pictures of each at random: do they belong "
                                  "together? Those in the set are marked.",
                                  order.size(),
                                  where)};
  const size_t half = std::max<size_t>(1, show.groups() / 2);
  const size_t largest = std::min(half, order.size());
  const size_t smallest = std::min(half, order.size() - largest);
  out.parts = {{.heading = "The largest"}, {.heading = "The smallest"}};
  for (size_t i = 0; i < largest; ++i)
    out.parts[0].shelves.push_back(cluster_shelf(show, order[i].first, *order[i].second));
  for (size_t i = order.size() - smallest; i < order.size(); ++i)
    out.parts[1].shelves.push_back(cluster_shelf(show, order[i].first, *order[i].second));
  if (smallest == 0) out.parts.pop_back();
  return out;
}

}  // namespace

std::vector<Exhibit> seed_exhibits(const Show& show) {
  std::vector<Exhibit> out;
  for (const StageRun& run : show.course.stages) {
    // Cluster-based retrieval knows no seed of a picture.
    if (!run.is("retrieve") || run.kept.rows.empty()) continue;
    if (run.kept.column("cluster") == run.kept.header.size()) out.push_back(seeds_of(show, run));
  }
  return out;
}

std::vector<Exhibit> cluster_exhibits(const Show& show) {
  const auto& stages = show.course.stages;
  for (size_t i = stages.size(); i-- > 0;) {
    if (stages[i].is("cluster") && !show.options.features.empty())
      return {clusters_of(show, clusters_of_pool(show, i), "of what was clustered")};
  }
  for (size_t i = stages.size(); i-- > 0;) {
    if (stages[i].is("sample")) needed_column(stages[i].kept, "cluster", stages[i].files.out);
    if (stages[i].kept.column("cluster") < stages[i].kept.header.size())
      return {clusters_of(show, clusters_of_manifest(stages[i]), "that the set is from")};
  }
  return {};
}

}  // namespace troodon::stages
