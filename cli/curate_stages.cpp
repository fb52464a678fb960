#include <map>
#include <memory>

#include "curation.hpp"

namespace troodon::cli {
namespace {

/// A stage with what all stages take.
template <class Options>
CLI::App& add_stage(CLI::App& curate,
                    const std::string& name,
                    const std::string& summary,
                    const std::string& examples,
                    Options& options,
                    Common& common) {
  CLI::App& verb = add_verb(curate, name, summary, examples);
  verb.add_option("features",
                  options.features,
                  "the pool's, of `troodon features`: a file or a folder of shards")
      ->required();
  verb.add_option(
      "--only", options.only, "manifest or list: look at these pictures of the pool alone");
  verb.add_option("--out,-o",
                  options.out,
                  "what is written: .csv, .jsonl or .parquet (clusters: .safetensors)")
      ->required();
  add_common(verb, common);
  return verb;
}

void add_memory(CLI::App& verb, int64_t& bytes) {
  verb.add_option("--memory", bytes, "for vectors held at once: bytes, or 512MB, 4GB, ...")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::PositiveNumber)
      ->default_str("1GB");
}

void add_search(CLI::App& verb, stages::SearchOptions& search) {
  static const std::map<std::string, stages::Search> ways = {{"auto", stages::Search::automatic},
                                                             {"exact", stages::Search::exact},
                                                             {"buckets", stages::Search::buckets}};
  verb.add_option(
          "--threshold", search.graph.threshold, "cosine above which two pictures are alike")
      ->check(CLI::Range(-1.0, 1.0))
      ->capture_default_str();
  verb.add_option("-k", search.graph.neighbours, "nearest neighbours of each picture; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--search", search.search, "auto, exact or buckets (quicker, recall is measured)")
      ->transform(CLI::CheckedTransformer(ways, CLI::ignore_case))
      ->default_str("auto");
  verb.add_option("--probes", search.buckets.probes, "buckets that are looked into, to begin with")
      ->capture_default_str();
  search.buckets.recall = 0.99;
  verb.add_option("--recall",
                  search.buckets.recall,
                  "share of a sample's pairs that is to be found; else again with twice the probes")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_memory(verb, search.graph.memory_bytes);
}

CLI::App& add_sift(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  auto& limits = args->sift.limits;
  CLI::App& verb =
      add_verb(curate,
               "sift",
               "Leave out broken files, scraps, noise, flat pictures and pages of text.",
               "  troodon curate sift heap/ --out good.csv\n"
               "  troodon curate sift heap/ --out good.csv --min-side 200 --max-text 1");
  verb.add_option("input",
                  args->sift.pictures,
                  "folder, list, table, shards, video: see docs/data.md; or .looks of curate embed")
      ->required();
  verb.add_option("--only", args->sift.only, "manifest or list: look at these pictures alone");
  verb.add_option("--out,-o",
                  args->sift.out,
                  "manifest of the good ones, with what was measured: .csv, .jsonl or .parquet")
      ->required();
  verb.add_option(
      "--removed", args->sift.removed, "manifest of the others (default: OUT with .removed)");
  verb.add_option("--min-side", limits.min_side, "pixels of the shorter side")
      ->capture_default_str();
  verb.add_option("--max-aspect", limits.max_aspect, "longer side by shorter")
      ->capture_default_str();
  verb.add_option("--min-contrast", limits.min_contrast, "standard deviation, grey levels")
      ->capture_default_str();
  verb.add_option("--max-uniformity", limits.max_uniformity, "share of pixels of one level; 1: any")
      ->capture_default_str();
  verb.add_option("--max-noise", limits.max_noise, "0 to 1; 1: any")->capture_default_str();
  verb.add_option("--max-text", limits.max_text, "share of the area that looks like print; 1: any")
      ->capture_default_str();
  add_common(verb, args->common);
  return verb;
}

CLI::App& add_dedup(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  static const std::map<std::string, stages::Linkage> linkages = {
      {"star", stages::Linkage::star}, {"component", stages::Linkage::component}};
  CLI::App& verb = add_stage(
      curate,
      "dedup",
      "Keep one of pictures that are copies of each other.",
      "  troodon curate dedup --pictures heap/ --out kept.csv\n"
      "  troodon curate dedup pool/ --out kept.parquet --threshold 0.8 --order best_first.csv",
      args->dedup,
      args->common);
  verb.get_option("features")->required(false);
  verb.add_option(
      "--pictures",
      args->dedup.pictures,
      "the pool's pictures, or .looks of curate embed: equal files and fingerprints count, with "
      "features or without");
  verb.add_flag("!--no-fingerprints",
                args->dedup.fingerprints,
                "of pictures, only equal files count: for pools of many millions");
  verb.add_option(
      "--removed", args->dedup.removed, "manifest of the others (default: OUT with .removed)");
  verb.add_option("--order", args->dedup.order, "paths, best first: which of several copies stays");
  verb.add_option("--linkage",
                  args->dedup.linkage,
                  "star (each copy is like the one that stays) or component (the paper's chains)")
      ->transform(CLI::CheckedTransformer(linkages, CLI::ignore_case))
      ->default_str("star");
  add_search(verb, args->dedup.search);
  return verb;
}

CLI::App& add_match(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  static const std::map<std::string, curate::RelativeMode> modes = {
      {"component", curate::RelativeMode::component},
      {"neighbour", curate::RelativeMode::neighbour}};
  CLI::App& verb =
      add_stage(curate,
                "match",
                "Remove what is like pictures of test sets, so that none of them is trained on.",
                "  troodon curate match pool.safetensors --only kept.csv --against "
                "test.safetensors --out clean.csv\n"
                "  troodon curate match --pictures heap/ --against-pictures test/ --out clean.csv",
                args->match,
                args->common);
  verb.get_option("features")->required(false);
  verb.add_option(
      "--against", args->match.references, "features of test sets, of the same network");
  verb.add_option("--pictures",
                  args->match.pictures,
                  "the pool's pictures, or .looks of curate embed: equal files and fingerprints "
                  "count, with features or without");
  verb.add_option("--against-pictures",
                  args->match.reference_pictures,
                  "test sets for --pictures: sources, or .looks");
  verb.add_option(
      "--removed", args->match.removed, "manifest of the others (default: OUT with .removed)");
  verb.add_option(
          "--mode", args->match.mode, "component (the paper's: whole groups go) or neighbour")
      ->transform(CLI::CheckedTransformer(modes, CLI::ignore_case))
      ->default_str("component");
  add_search(verb, args->match.search);
  return verb;
}

CLI::App& add_retrieve(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  auto& options = args->retrieve;
  CLI::App& verb = add_stage(
      curate,
      "retrieve",
      "Find the pool's pictures that are like those of curated sets.",
      "  troodon curate retrieve pool.safetensors --seeds pets.safetensors --out set.csv\n"
      "  troodon curate retrieve pool.safetensors --seeds pets.safetensors --clusters "
      "clusters.safetensors --out set.csv",
      options,
      args->common);
  verb.add_option("--seeds", options.seeds, "features of curated sets, a file each")->required();
  verb.add_option("--each", options.each, "nearest pictures of each seed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--at-least",
                  options.at_least,
                  "seeds that must bring a picture: more is less, and surer (with --each 16 or so)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--clusters",
                  options.clusters,
                  "of curate cluster: take clusters that seeds fall into instead");
  verb.add_option("--more-than", options.rule.more_than, "seeds that a cluster must hold")
      ->capture_default_str();
  verb.add_option("--per-cluster", options.rule.per_cluster, "pictures of each such cluster")
      ->capture_default_str();
  verb.add_option("--cap", options.rule.cap, "pictures for each set of seeds")
      ->capture_default_str();
  verb.add_option("--seed", options.rule.seed, "of the draw within clusters")
      ->capture_default_str();
  verb.add_option("--by-seed", options.by_seed, "manifest of the seeds: how much each brought");
  return verb;
}

CLI::App& add_cluster(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  auto& options = args->cluster.hierarchy;
  CLI::App& verb =
      add_stage(curate,
                "cluster",
                "Cluster the pool, and its clusters, by hierarchical k-means.",
                "  troodon curate cluster pool.safetensors --out clusters.safetensors\n"
                "  troodon curate cluster pool.safetensors --out clusters.safetensors --clusters "
                "1500,300 --resample 15,3 --rounds 5",
                args->cluster,
                args->common);
  verb.add_option("--clusters",
                  args->cluster.clusters,
                  "of each level, the lowest first (default: a 75th of the pictures, then fewer)")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  verb.add_option("--resample",
                  args->cluster.resample,
                  "members of each cluster that a further round learns from, level by level; half "
                  "the mean size is good")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--rounds", options.rounds, "further rounds, which even out clusters")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb.add_option("--iterations", options.iterations, "of each k-means")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_memory(verb, options.memory_bytes);
  verb.add_option("--seed", options.seed, "of the first centroids")->capture_default_str();
  return verb;
}

CLI::App& add_sample(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  static const std::map<std::string, curate::Pick> picks = {{"random", curate::Pick::random},
                                                            {"closest", curate::Pick::closest}};
  auto& options = args->sample.sampling;
  CLI::App& verb = add_stage(curate,
                             "sample",
                             "Choose a balanced part of a clustered pool.",
                             "  troodon curate sample pool.safetensors --clusters "
                             "clusters.safetensors --target 100000 --out set.csv",
                             args->sample,
                             args->common);
  verb.add_option("--clusters", args->sample.clusters, "of curate cluster, of the same pool")
      ->required();
  verb.add_option("--target", options.target, "pictures wanted")
      ->required()
      ->check(CLI::PositiveNumber);
  verb.add_option("--multiplier", options.multiplier, "how often a picture may come")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--pick", options.pick, "random, or closest to the centroid")
      ->transform(CLI::CheckedTransformer(picks, CLI::ignore_case))
      ->default_str("random");
  verb.add_option("--seed", options.seed, "of the draw")->capture_default_str();
  return verb;
}

}  // namespace

void add_stages(CLI::App& curate, const std::shared_ptr<CurateArgs>& args, const Hear& hear) {
  const auto runs = [&](CLI::App& verb, const Stage& stage) {
    verb.callback([args, hear, stage] {
      if (args->check_only) return;
      std::unique_ptr<Team> own;
      if (args->team == nullptr) own = std::make_unique<Team>(args->common);
      const stages::Running& running = (own ? *own : *args->team).running;
      const Said said = stage(*args, running);
      if (running.first()) hear(said, *args);
    });
  };
  runs(add_embed(curate, args), run_embed);
  runs(add_sift(curate, args), run_sift);
  runs(add_dedup(curate, args), run_dedup);
  runs(add_match(curate, args), run_match);
  runs(add_retrieve(curate, args), run_retrieve);
  runs(add_cluster(curate, args), run_cluster);
  runs(add_sample(curate, args), run_sample);
  runs(add_hand_over(curate, args), run_hand_over);
  runs(add_report(curate, args->report, args->common), run_report);
}

}  // namespace troodon::cli
