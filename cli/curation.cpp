#include "curation.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "distributed/launch.hpp"

namespace troodon::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Where pictures that were left out are listed, unless it was said.
fs::path removed_beside(const fs::path& out) {
  return fs::path(out).replace_extension(".removed" + out.extension().string());
}

/// The ranks this process is one of. Those but the first keep silent.
struct Team {
  std::unique_ptr<Ranks> ranks;
  stages::Running running;

  explicit Team(const Common& common) {
    const auto launch = distributed::find_launch();
    distributed::quiet_unless_first(launch);
    ranks = distributed::join_ranks(launch);
    running = {.ranks = ranks.get(),
               .threads = static_cast<size_t>(common.threads),
               .progress = common.progress_style()};
    if (common.threads == 0)
      running.threads = static_cast<size_t>(distributed::threads_per_rank(launch));
  }
  bool silent() const { return !running.first(); }
};

void print_json(const Json& object) {
  fmt::print("{}\n", object.dump());
}

int say(const stages::Removal& r, const fs::path& out, const fs::path& removed, bool json) {
  if (json) {
    print_json({{"out", out.string()},
                {"removed_out", removed.string()},
                {"pool", r.pool},
                {"kept", r.kept},
                {"removed", r.removed},
                {"edges", r.edges},
                {"largest_group", r.largest},
                {"recall", r.recall}});
    return 0;
  }
  fmt::print("{} of {} pictures stay -> {}; {} removed -> {}\n",
             r.kept,
             r.pool,
             out.string(),
             r.removed,
             removed.string());
  fmt::print("{} pairs are alike, the largest group has {} pictures", r.edges, r.largest);
  if (r.recall < 1) fmt::print("; {:.2f} % of such pairs are found", 100 * r.recall);
  fmt::print("\n");
  return 0;
}

}  // namespace

int run_sift(CurateArgs& args) {
  auto& options = args.sift;
  const Team team(args.common);
  options.running = team.running;
  if (options.removed.empty()) options.removed = removed_beside(options.out);
  const stages::Sifted r = stages::sift(options);
  if (team.silent()) return 0;
  if (args.common.json) {
    print_json({{"out", options.out.string()},
                {"removed_out", options.removed.string()},
                {"pool", r.pool},
                {"kept", r.kept},
                {"broken", r.broken},
                {"junk", r.junk}});
    return 0;
  }
  fmt::print("{} of {} pictures stay -> {}; the others -> {}\n",
             r.kept,
             r.pool,
             options.out.string(),
             options.removed.string());
  fmt::print("broken: {}", r.broken);
  for (const auto& [what, count] : r.junk) fmt::print(", {}: {}", what, count);
  fmt::print("\n");
  return 0;
}

int run_dedup(CurateArgs& args) {
  auto& options = args.dedup;
  const Team team(args.common);
  options.running = team.running;
  if (options.removed.empty()) options.removed = removed_beside(options.out);
  const stages::Removal removal = stages::dedup(options);
  return team.silent() ? 0 : say(removal, options.out, options.removed, args.common.json);
}

int run_match(CurateArgs& args) {
  auto& options = args.match;
  const Team team(args.common);
  options.running = team.running;
  if (options.removed.empty()) options.removed = removed_beside(options.out);
  const stages::Removal removal = stages::match(options);
  return team.silent() ? 0 : say(removal, options.out, options.removed, args.common.json);
}

int run_retrieve(CurateArgs& args) {
  const Team team(args.common);
  args.retrieve.running = team.running;
  const stages::Retrieval got = stages::retrieve(args.retrieve);
  if (team.silent()) return 0;
  if (args.common.json) {
    Json sets = Json::array();
    for (const auto& set : got.sets) {
      sets.push_back({{"set", set.name},
                      {"seeds", set.seeds},
                      {"entries", set.entries},
                      {"rows", set.rows},
                      {"shortfall", set.shortfall},
                      {"clusters", set.clusters}});
    }
    print_json({{"out", args.retrieve.out.string()},
                {"pool", got.pool},
                {"rows", got.rows},
                {"sets", sets}});
    return 0;
  }
  for (const auto& set : got.sets) {
    fmt::print("{}: {} seeds brought {} pictures", set.name, set.seeds, set.rows);
    if (args.retrieve.clusters.empty()) {
      fmt::print(" in {} places, {:.1f} % of them taken already",
                 set.entries,
                 100 * (1 - static_cast<double>(set.rows) / std::max<double>(1, set.entries)));
    } else {
      fmt::print(" of {} clusters", set.clusters);
    }
    if (set.shortfall > 0)
      fmt::print("; {} fewer than asked for, for want of pictures", set.shortfall);
    fmt::print("\n");
  }
  fmt::print("{} of {} pictures -> {}\n", got.rows, got.pool, args.retrieve.out.string());
  return 0;
}

int run_cluster(CurateArgs& args) {
  auto& options = args.cluster;
  const Team team(args.common);
  options.running = team.running;
  const auto hierarchy = stages::cluster(options);
  if (team.silent()) return 0;
  Json levels = Json::array();
  for (const auto& level : hierarchy.levels) {
    const auto largest = *std::max_element(level.points.begin(), level.points.end());
    levels.push_back(
        {{"clusters", level.fit.clusters}, {"largest", largest}, {"inertia", level.fit.inertia}});
    if (!args.common.json)
      fmt::print("level {}: {} clusters, the largest of {} pictures\n",
                 levels.size(),
                 level.fit.clusters,
                 largest);
  }
  if (args.common.json) print_json({{"out", options.out.string()}, {"levels", levels}});
  if (!args.common.json) fmt::print("-> {}\n", options.out.string());
  return 0;
}

int run_sample(CurateArgs& args) {
  const Team team(args.common);
  args.sample.running = team.running;
  const stages::Balance balance = stages::sample(args.sample);
  if (team.silent()) return 0;
  if (args.common.json) {
    Json object = {
        {"out", args.sample.out.string()}, {"pool", balance.pool}, {"chosen", balance.chosen}};
    if (std::isfinite(balance.entropy_before)) {
      object["entropy_before"] = balance.entropy_before;
      object["entropy_after"] = balance.entropy_after;
    }
    print_json(object);
    return 0;
  }
  fmt::print("{} of {} pictures -> {}\n", balance.chosen, balance.pool, args.sample.out.string());
  if (std::isfinite(balance.entropy_before))
    fmt::print("evenness of their labels: {:.3f} before, {:.3f} after, 1 at most\n",
               balance.entropy_before,
               balance.entropy_after);
  return 0;
}

}  // namespace troodon::cli
