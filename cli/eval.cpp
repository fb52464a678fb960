#include "eval.hpp"

#include <map>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "kernels/backend.hpp"
#include "scorecard/page.hpp"

namespace troodon::cli {
namespace {

nlohmann::ordered_json json_of(const scorecard::Judged& judged) {
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  for (const auto& entry : judged.entries) {
    nlohmann::ordered_json figures;
    for (const auto& figure : entry.figures) figures[figure.name] = figure.value;
    entries.push_back({{"protocol", entry.protocol},
                       {"data", entry.data},
                       {"features", entry.features},
                       {"chosen", entry.chosen},
                       {"figures", figures},
                       {"seconds", entry.seconds}});
  }
  return {{"entries", entries}, {"reused", judged.reused}};
}

}  // namespace

void add_looking_flags(CLI::App& verb, evaluate::Looking& looking) {
  verb.add_option("--model,-m",
                  looking.model,
                  "checkpoint, run's folder, a released or shipped model's name, or a baseline: "
                  "colour, hog, colour+hog")
      ->required();
  verb.add_option("--size",
                  looking.size,
                  "pixels (default: the model's own; where every place is judged, by --grid)");
  verb.add_option(
          "--grid",
          looking.grid,
          "masks, depth, video, match: patches along the short side, unless --size is given")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  static const std::map<std::string, infer::Resize> resizes = {{"crop", infer::Resize::crop},
                                                               {"pad", infer::Resize::pad},
                                                               {"stretch", infer::Resize::stretch}};
  verb.add_option("--resize", looking.resize, "of whole pictures: crop, pad or stretch")
      ->transform(CLI::CheckedTransformer(resizes, CLI::ignore_case))
      ->default_str("crop");
  static const std::map<std::string, infer::Precision> precisions = {
      {"fp32", infer::Precision::fp32}, {"bf16", infer::Precision::bf16}};
  verb.add_option("--precision", looking.precision, "of whole pictures' features: fp32 or bf16")
      ->transform(CLI::CheckedTransformer(precisions, CLI::ignore_case))
      ->default_str("fp32");
  verb.add_option("--cache",
                  looking.cache,
                  "folder that keeps features (default: $TROODON_CACHE, else ~/.cache/troodon)");
  verb.add_option("--seed", looking.seed, "of everything that is drawn")->capture_default_str();
  verb.add_flag("--strict", looking.strict, "stop at the first unreadable picture");
}

void take_common(const Common& common, evaluate::Looking& looking) {
  kernels::use_threads(common.threads);
  looking.device = common.device;
  looking.threads = static_cast<size_t>(common.threads);
  looking.progress = common.progress_style();
}

void add_eval_flags(CLI::App& verb, EvalArgs& args) {
  add_looking_flags(verb, args.judge.looking);
  verb.add_option("--against",
                  args.judge.against,
                  "features to compare with: untrained, colour, hog, colour+hog")
      ->delimiter(',');
  verb.add_option("--by", args.judge.groups, "columns of --table by which figures are split")
      ->delimiter(',');
  verb.add_option("--table", args.judge.table, "CSV or JSON lines with a column path, and those");
  verb.add_option(
      "--out,-o", args.judge.out, "folder for scores.jsonl, report.html and figures by picture");
  verb.add_flag("--overwrite", args.overwrite, "forget what an earlier call left there");
  add_common(verb, args.common);
}

int run_trials(EvalArgs& args, const std::vector<scorecard::Trial>& trials) {
  take_common(args.common, args.judge.looking);
  if (!args.judge.groups.empty() && args.judge.table.empty())
    fail(Exit::usage, "--by needs the --table that has the columns");
  if (args.overwrite && !args.judge.out.empty()) fs::remove(args.judge.out / "scores.jsonl");
  const scorecard::Judged judged = scorecard::judge(trials, args.judge);
  if (judged.interrupted) {
    log_info("stopped; repeat the same command to go on");
    return interrupt_exit_code();
  }
  if (args.common.json) {
    fmt::print("{}\n", json_of(judged).dump());
  } else {
    fmt::print("{}", scorecard::table_text(judged.entries));
    if (!args.judge.out.empty()) fmt::print("{}\n", (args.judge.out / "report.html").string());
  }
  return 0;
}

std::string data_name(const std::string& source) {
  fs::path path = fs::path(source.substr(0, source.find('?'))).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  const std::string name = path.filename().string();
  return name == "val" || name == "train" || name == "test" ? path.parent_path().filename().string()
                                                            : name;
}

void add_class_flags(CLI::App& verb, evaluate::ClassifyOptions& options) {
  using evaluate::ClassHeadKind;
  static const std::map<std::string, ClassHeadKind> heads = {
      {"knn", ClassHeadKind::knn},
      {"linear", ClassHeadKind::linear},
      {"logistic", ClassHeadKind::logistic},
      {"mlp", ClassHeadKind::mlp},
      {"attentive", ClassHeadKind::attentive}};
  verb.add_option(
          "--head", options.head, "knn, linear (the official grid), logistic, mlp, attentive")
      ->transform(CLI::CheckedTransformer(heads, CLI::ignore_case))
      ->default_str("linear");
  verb.add_option("-k", options.neighbours, "kNN: neighbours that vote")
      ->delimiter(',')
      ->capture_default_str();
  verb.add_option("--temperature", options.temperature, "kNN: of the vote's softmax")
      ->capture_default_str();
  verb.add_option("--per-class", options.per_class, "few-shot: so many examples of each class");
  verb.add_option("--tries", options.tries, "few-shot: random subsets that are averaged")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--epochs", options.epochs, "linear, mlp, attentive: passes over the features")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_flag("--one-rate", options.one_rate, "linear: one head (rate 0.01) instead of the grid");
  verb.add_option(
      "--c", options.c, "logistic: inverse strength of the penalty (default: chosen on a tenth)");
}

void add_mask_flags(CLI::App& verb, evaluate::SegmentOptions& options) {
  verb.add_option("--layers", options.layers, "1: linear; 4: multi-scale")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--iterations", options.iterations, "training steps")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--lr", options.lr, "learning rate")->capture_default_str();
}

void add_depth_flags(CLI::App& verb, evaluate::DepthOptions& options) {
  using evaluate::DepthDecoder;
  static const std::map<std::string, DepthDecoder> decoders = {{"linear1", DepthDecoder::linear1},
                                                               {"linear4", DepthDecoder::linear4},
                                                               {"dpt", DepthDecoder::dpt}};
  verb.add_option("--decoder", options.decoder, "linear1, linear4 or dpt")
      ->transform(CLI::CheckedTransformer(decoders, CLI::ignore_case))
      ->default_str("linear4");
  static const std::map<std::string, metrics::DepthCrop> crops = {
      {"none", metrics::DepthCrop::none},
      {"nyu", metrics::DepthCrop::nyu},
      {"garg", metrics::DepthCrop::garg}};
  verb.add_option("--crop", options.judged.crop, "where errors count: none, nyu or garg (KITTI)")
      ->transform(CLI::CheckedTransformer(crops, CLI::ignore_case))
      ->default_str("none");
  verb.add_option("--min-depth", options.judged.range.min, "metres")->capture_default_str();
  verb.add_option("--max-depth", options.judged.range.max, "metres: 10 indoors, 80 for KITTI")
      ->capture_default_str();
  verb.add_option("--iterations", options.iterations, "training steps")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--lr", options.lr, "learning rate")->capture_default_str();
  verb.add_option("--bins", options.bins, "distances that a linear decoder weighs")
      ->check(CLI::Range(2, 4096))
      ->capture_default_str();
  verb.add_flag("--official-gradient",
                options.official_gradient,
                "the gradient loss as the official code has it: along the batch");
}

void add_eval(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(
      app,
      "eval",
      "Judge frozen features: classes, masks, depth, retrieval, video, domains, damage, groups.",
      "  troodon eval classify --model runs/first --train pets/train --val pets/val\n"
      "  troodon eval masks --model small --data voc/ --against untrained,colour,hog --out "
      "judged/\n"
      "  troodon eval all --model small --data sets/ --world world/ --against untrained,colour,hog "
      "--out judged/\n"
      "Features are computed once and kept (--cache). A call that was interrupted goes on when "
      "repeated.");
  verb.require_subcommand(1);
  add_eval_whole(verb, status);
  add_eval_dense(verb, status);
  add_eval_sets(verb, status);
}

}  // namespace troodon::cli
