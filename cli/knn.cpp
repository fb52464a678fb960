#include "index/knn.hpp"

#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct KnnArgs {
  Common common;
  fs::path train, val;
  index::KnnOptions knn;
};

int run_knn(const KnnArgs& args) {
  const auto results = index::knn_evaluate(
      index::read_features(args.train), index::read_features(args.val), args.knn);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  if (!args.common.json)
    fmt::print(
        "{:<10} {:>5} {:>8} {:>8} {:>12}\n", "examples", "k", "top-1", "top-5", "macro top-1");
  for (const auto& r : results) {
    const std::string examples = r.per_class < 0 ? "all" : fmt::format("{}/class", r.per_class);
    if (!args.common.json)
      fmt::print("{:<10} {:>5} {:>8.4f} {:>8.4f} {:>12.4f}\n",
                 examples,
                 r.neighbours,
                 r.top1,
                 r.top5,
                 r.macro_top1);
    rows.push_back({{"examples_per_class", r.per_class},
                    {"k", r.neighbours},
                    {"top1", r.top1},
                    {"top5", r.top5},
                    {"macro_top1", r.macro_top1}});
  }
  if (args.common.json)
    fmt::print(
        "{}\n",
        nlohmann::ordered_json{{"temperature", args.knn.temperature}, {"results", rows}}.dump());
  return 0;
}

}  // namespace

void add_knn(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "knn",
               "Judge frozen features by a weighted vote of nearest neighbours.",
               "  troodon features --model runs/first --input pets/train --out train.safetensors\n"
               "  troodon features --model runs/first --input pets/val --out val.safetensors\n"
               "  troodon knn --train train.safetensors --val val.safetensors");
  auto args = std::make_shared<KnnArgs>();
  verb.add_option("--train", args->train, "features of labelled pictures")->required();
  verb.add_option("--val", args->val, "features of the pictures to classify")->required();
  verb.add_option("-k", args->knn.neighbours, "neighbours that vote")
      ->delimiter(',')
      ->capture_default_str();
  verb.add_option("--temperature", args->knn.temperature, "of the vote's softmax")
      ->capture_default_str();
  verb.add_option(
          "--per-class", args->knn.per_class, "few-shot: also with so many examples a class")
      ->delimiter(',');
  verb.add_option("--tries", args->knn.tries, "few-shot subsets that are averaged")
      ->capture_default_str();
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_knn(*args); });
}

}  // namespace troodon::cli
