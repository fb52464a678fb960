#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "data/images.hpp"
#include "explore/page.hpp"
#include "index/features.hpp"
#include "infer/extract.hpp"
#include "kernels/backend.hpp"
#include "stages/look.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct ExploreArgs {
  Common common;
  fs::path features, model = "small", out;
  std::string input, tier = "copy";
  bool skip_fingerprints = false;
  explore::ExploreOptions explore;
  explore::PageOptions page;
};

/// The features' file: given, or made beside the page. None: interrupted.
std::optional<fs::path> features_of(const ExploreArgs& args) {
  if (!args.features.empty()) return args.features;
  if (args.input.empty()) fail(Exit::usage, "explore needs --features or --input; name one");
  infer::ExtractOptions options{.model = args.model, .input = args.input};
  options.embed.device = args.common.device;
  options.threads = static_cast<size_t>(args.common.threads);
  options.out = fs::path(args.out).replace_extension(".features.safetensors");
  options.update = true;  // what did not change is not computed again
  options.progress = args.common.progress_style();
  if (infer::extract(options).interrupted) return std::nullopt;
  return options.out;
}

/// The pictures of the features' rows, where there are any.
struct Pictures {
  std::map<std::string, data::Item> items;  ///< by id
  std::vector<stages::Look> looks;          ///< [rows]
  std::vector<explore::PictureFacts> facts;

  Pictures(const ExploreArgs& args, const index::Features& features) {
    if (args.input.empty()) return;
    const data::Source all = data::open_source(args.input);
    for (const auto& item : all.items) items.emplace(item.id, item);
    data::Source mine;
    for (const std::string& id : features.ids) {
      const auto found = items.find(id);
      if (found == items.end())
        fail(Exit::input, "{}: has no picture {}, of which there are features", args.input, id);
      mine.items.push_back(found->second);
    }
    looks = stages::look_at(mine,
                            {.fingerprints = !args.skip_fingerprints,
                             .threads = static_cast<size_t>(args.common.threads)});
    for (size_t i = 0; i < looks.size(); ++i) {
      const auto& look = looks[i];
      facts.push_back({.path = features.ids[i],
                       .content = look.content.first,
                       .pixels = int64_t{look.quality.width} * look.quality.height,
                       .bytes = static_cast<int64_t>(look.content.bytes)});
      if (!args.skip_fingerprints && look.reason.empty()) facts.back().print = &look.print;
    }
  }
  std::optional<image::Image> operator()(const std::string& id) const {
    const auto found = items.find(id);
    if (found == items.end()) return std::nullopt;
    auto picture = data::read_picture(found->second, {.min_side = 128});
    if (!picture) return std::nullopt;
    return *std::move(picture);
  }
};

int run_explore(ExploreArgs& args) {
  kernels::use_threads(args.common.threads);
  args.explore.threads = static_cast<size_t>(args.common.threads);
  args.explore.tier = explore::tier_named(args.tier);
  const auto file = features_of(args);
  if (!file) return interrupt_exit_code();
  const index::Features features = index::read_features(*file);
  const Pictures pictures(args, features);
  const explore::Exploration found = explore::explore(features, pictures.facts, args.explore);
  args.page.subtitle = args.input.empty() ? file->string() : args.input;
  explore::Thumbnails thumbnails;
  if (!args.input.empty())
    thumbnails = [&](int64_t row) { return pictures(features.ids[static_cast<size_t>(row)]); };
  write_atomically(args.out, explore::page_html(features, found, thumbnails, args.page));
  if (args.common.json) {
    nlohmann::ordered_json out = {{"pictures", features.rows},
                                  {"clusters", found.clusters.clusters.size()},
                                  {"modularity", found.clusters.modularity},
                                  {"groups", nlohmann::ordered_json::array()},
                                  {"out", args.out.string()}};
    for (const auto& group : found.duplicates) {
      nlohmann::ordered_json rows = nlohmann::ordered_json::array();
      for (const int64_t row : group.rows)
        rows.push_back(features.ids.empty() ? std::to_string(row)
                                            : features.ids[static_cast<size_t>(row)]);
      out["groups"].push_back({{"tier", explore::name_of(group.tier)}, {"pictures", rows}});
    }
    fmt::print("{}\n", out.dump());
  } else {
    fmt::print("{} pictures, {} clusters, {} groups of duplicates -> {}\n",
               features.rows,
               found.clusters.clusters.size(),
               found.duplicates.size(),
               args.out.string());
  }
  return 0;
}

void add_numbers(CLI::App& verb, ExploreArgs& args) {
  auto& x = args.explore;
  verb.add_option("--clusters",
                  x.clusters.count,
                  "so many, by k-means (default: as many as there are communities)");
  verb.add_option("--resolution", x.clusters.resolution, "of communities: larger gives more")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--neighbours", x.neighbours, "of each picture, for map, clusters, outliers")
      ->check(CLI::Range(2, 200))
      ->capture_default_str();
  verb.add_flag("--pca", x.pca, "the map by principal components in place of UMAP");
  verb.add_option("--tier", args.tier, "of duplicates: identical, copy or same")
      ->capture_default_str();
  verb.add_option("--copy", x.duplicates.copy, "cosine from which two pictures are copies")
      ->capture_default_str();
  verb.add_option("--same", x.duplicates.same, "cosine from which two show the same thing")
      ->capture_default_str();
  verb.add_flag("--no-fingerprints", args.skip_fingerprints, "copies by features alone");
  verb.add_option("--seed", x.map.seed, "of the map")->capture_default_str();
  verb.add_option("--title", args.page.title, "of the page")->capture_default_str();
}

}  // namespace

void add_explore(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(
      app,
      "explore",
      "What a collection says by itself: map, clusters, outliers, duplicates, in one page.",
      "  troodon explore --input photos/ --out page.html\n"
      "  troodon explore --input photos/ --model vits14 --tier same --out page.html\n"
      "  troodon explore --features features.safetensors --input photos/ --out page.html");
  auto args = std::make_shared<ExploreArgs>();
  verb.add_option("--input,-i", args->input, "folder, list, manifest, shards: the pictures");
  verb.add_option("--features",
                  args->features,
                  "what `troodon features` wrote of them (default: computed, and kept beside the "
                  "page)");
  verb.add_option("--model,-m", args->model, "the network")->default_str("small");
  verb.add_option("--out,-o", args->out, "the page, a .html file")->required();
  add_numbers(verb, *args);
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_explore(*args); });
}

}  // namespace troodon::cli
