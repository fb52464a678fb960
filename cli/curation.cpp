#include "curation.hpp"

#include <algorithm>
#include <cmath>

#include "base/disk.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace troodon::cli {
namespace {

using Json = nlohmann::ordered_json;

Said said_of(const stages::Removal& r, const fs::path& out, const fs::path& removed) {
  Said said;
  said.json = {{"out", out.string()},
               {"removed_out", removed.string()},
               {"pool", r.pool},
               {"kept", r.kept},
               {"removed", r.removed},
               {"edges", r.edges},
               {"largest_group", r.largest},
               {"recall", r.recall}};
  said.text = fmt::format("{} of {} pictures stay -> {}; {} removed -> {}\n",
                          r.kept,
                          r.pool,
                          out.string(),
                          r.removed,
                          removed.string());
  said.text +=
      fmt::format("{} pairs are alike, the largest group has {} pictures", r.edges, r.largest);
  if (r.recall < 1) said.text += fmt::format("; {:.2f} % of such pairs are found", 100 * r.recall);
  said.text += "\n";
  return said;
}

}  // namespace

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Said run_embed(CurateArgs& args, const stages::Running& running) {
  recipe::EmbedOptions& options = args.embed;
  options.running = running;
  options.extract.embed.device = args.common.device;
  const infer::ExtractResult r = recipe::embed(options);
  if (r.interrupted) throw Error("stopped; repeat the same command to go on");
  Said said;
  said.json = {{"out", options.extract.out.string()},
               {"looks", options.looks.string()},
               {"model", r.model},
               {"pictures", r.pictures},
               {"rows", r.rows},
               {"bytes", r.bytes},
               {"reused", r.reused},
               {"seconds", r.seconds},
               {"images_per_second", r.images_per_second},
               {"bad", r.bad}};
  said.text = fmt::format("{} pictures -> {}, {}, {:.3g} images/s\n",
                          r.rows,
                          options.extract.out.string(),
                          size_text(r.bytes),
                          r.images_per_second);
  if (r.bad > 0)
    said.text += fmt::format("{} unreadable files left out, listed in {}.failed.txt\n",
                             r.bad,
                             options.extract.out.string());
  return said;
}

Said run_sift(CurateArgs& args, const stages::Running& running) {
  auto& options = args.sift;
  options.running = running;
  if (options.removed.empty()) options.removed = stages::removed_beside(options.out);
  const stages::Sifted r = stages::sift(options);
  Said said;
  said.json = {{"out", options.out.string()},
               {"removed_out", options.removed.string()},
               {"pool", r.pool},
               {"kept", r.kept},
               {"broken", r.broken},
               {"junk", r.junk}};
  said.text = fmt::format("{} of {} pictures stay -> {}; the others -> {}\n",
                          r.kept,
                          r.pool,
                          options.out.string(),
                          options.removed.string());
  said.text += fmt::format("broken: {}", r.broken);
  for (const auto& [what, count] : r.junk) said.text += fmt::format(", {}: {}", what, count);
  said.text += "\n";
  return said;
}

Said run_dedup(CurateArgs& args, const stages::Running& running) {
  auto& options = args.dedup;
  options.running = running;
  if (options.removed.empty()) options.removed = stages::removed_beside(options.out);
  return said_of(stages::dedup(options), options.out, options.removed);
}

Said run_match(CurateArgs& args, const stages::Running& running) {
  auto& options = args.match;
  options.running = running;
  if (options.removed.empty()) options.removed = stages::removed_beside(options.out);
  return said_of(stages::match(options), options.out, options.removed);
}

Said run_retrieve(CurateArgs& args, const stages::Running& running) {
  auto& options = args.retrieve;
  options.running = running;
  const stages::Retrieval got = stages::retrieve(options);
  Said said;
  Json sets = Json::array();
  for (const auto& set : got.sets) {
    sets.push_back({{"set", set.name},
                    {"seeds", set.seeds},
                    {"entries", set.entries},
                    {"rows", set.rows},
                    {"shortfall", set.shortfall},
                    {"clusters", set.clusters}});
    said.text += fmt::format("{}: {} seeds brought {} pictures", set.name, set.seeds, set.rows);
    if (options.clusters.empty()) {
      said.text +=
          fmt::format(" in {} places, {:.1f} % of them taken already",
                      set.entries,
                      100 * (1 - static_cast<double>(set.rows) / std::max<double>(1, set.entries)));
    } else {
      said.text += fmt::format(" of {} clusters", set.clusters);
    }
    if (set.shortfall > 0)
      said.text += fmt::format("; {} fewer than asked for, for want of pictures", set.shortfall);
    said.text += "\n";
  }
  said.text += fmt::format("{} of {} pictures -> {}\n", got.rows, got.pool, options.out.string());
  said.json = {
      {"out", options.out.string()}, {"pool", got.pool}, {"rows", got.rows}, {"sets", sets}};
  return said;
}

Said run_cluster(CurateArgs& args, const stages::Running& running) {
  auto& options = args.cluster;
  options.running = running;
  const auto hierarchy = stages::cluster(options);
  Said said;
  Json levels = Json::array();
  for (const auto& level : hierarchy.levels) {
    const auto largest = *std::ranges::max_element(level.points);
    levels.push_back(
        {{"clusters", level.fit.clusters}, {"largest", largest}, {"inertia", level.fit.inertia}});
    said.text += fmt::format("level {}: {} clusters, the largest of {} pictures\n",
                             levels.size(),
                             level.fit.clusters,
                             largest);
  }
  said.text += fmt::format("-> {}\n", options.out.string());
  said.json = {{"out", options.out.string()}, {"levels", levels}};
  return said;
}

Said run_sample(CurateArgs& args, const stages::Running& running) {
  auto& options = args.sample;
  options.running = running;
  const stages::Balance balance = stages::sample(options);
  Said said;
  said.json = {{"out", options.out.string()}, {"pool", balance.pool}, {"chosen", balance.chosen}};
  said.text =
      fmt::format("{} of {} pictures -> {}\n", balance.chosen, balance.pool, options.out.string());
  if (std::isfinite(balance.entropy_before)) {
    said.json["entropy_before"] = balance.entropy_before;
    said.json["entropy_after"] = balance.entropy_after;
    said.text += fmt::format("evenness of their labels: {:.3f} before, {:.3f} after, 1 at most\n",
                             balance.entropy_before,
                             balance.entropy_after);
  }
  return said;
}

Said run_hand_over(CurateArgs& args, const stages::Running& running) {
  auto& options = args.hand_over;
  options.running = running;
  const stages::HandedOver done = stages::hand_over(options);
  Said said;
  said.json = {{"pictures", done.pictures},
               {"shards", done.shards},
               {"links", done.links},
               {"copies", done.copies},
               {"bad", done.bad}};
  said.text = fmt::format("{} pictures", done.pictures);
  if (!options.manifest.empty()) said.text += fmt::format(" -> {}", options.manifest.string());
  if (!options.links.empty())
    said.text += fmt::format(" -> {}, {} links", options.links.string(), done.links - done.copies);
  if (done.copies > 0) said.text += fmt::format(", {} copies", done.copies);
  if (!options.shards.empty())
    said.text += fmt::format(" -> {}, {} shards", options.shards.string(), done.shards);
  if (done.bad > 0) said.text += fmt::format("; {} bad files left out", done.bad);
  said.text += "\n";
  return said;
}

}  // namespace troodon::cli
