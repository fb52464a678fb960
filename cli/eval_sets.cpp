#include <memory>

#include <nlohmann/json.hpp>

#include "eval.hpp"
#include "scorecard/all.hpp"
#include "scorecard/by_group.hpp"

namespace troodon::cli {
namespace {

void add_all(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    scorecard::AllOptions options;
  };
  CLI::App& verb = add_verb(eval,
                            "all",
                            "Every protocol on every data set that is there, on one page.",
                            "  troodon eval all --model small --data sets/ --against "
                            "untrained,colour,hog,colour+hog --out judged/");
  auto args = std::make_shared<Args>();
  verb.add_option("--data",
                  args->options.data,
                  "folder with any of imagenette96, pacs, segmentation, depth, video, retrieval, "
                  "copydetect");
  verb.add_option("--world", args->options.world, "folder with images, clips, pairs, duplicates");
  verb.add_option(
          "--only", args->options.only, "protocols (by the start of their names) or data sets")
      ->delimiter(',');
  verb.add_option("--iterations", args->options.iterations, "training steps of dense heads")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--damaged", args->options.damaged, "pictures under every damage")
      ->capture_default_str();
  add_eval_flags(verb, *args);
  verb.callback(
      [args, &status] { status = run_trials(*args, scorecard::all_trials(args->options)); });
}

struct GroupArgs {
  Common common;
  fs::path values, table;
  std::string metric;
  std::vector<std::string> by;
  bool lower = false;
};

int run_groups(const GroupArgs& args) {
  auto pictures = scorecard::read_values(args.values, args.metric);
  if (args.lower) pictures.better = scorecard::Better::lower;
  nlohmann::ordered_json out;
  for (const std::string& column : args.by) {
    const fs::path& table = args.table.empty() ? args.values : args.table;
    const auto report =
        scorecard::split(pictures, scorecard::column_for(pictures.ids, table, column));
    nlohmann::ordered_json groups = nlohmann::ordered_json::array();
    if (!args.common.json)
      fmt::print("{:<24} {:>8} {:>9} {:>19}\n", column, "pictures", args.metric, "95 % interval");
    for (const auto& group : report.groups) {
      const auto& e = group.estimate;
      if (!args.common.json)
        fmt::print("{:<24} {:>8} {:>9.4f} {:>9.4f} {:>9.4f}{}\n",
                   group.name,
                   group.count,
                   e.value,
                   e.low,
                   e.high,
                   group.too_few ? "  too few to tell" : "");
      groups.push_back({{"group", group.name},
                        {"pictures", group.count},
                        {"value", e.value},
                        {"low", e.low},
                        {"high", e.high},
                        {"too_few", group.too_few}});
    }
    if (!args.common.json)
      fmt::print("{:<24} {:>8} {:>9.4f} {:>9.4f} {:>9.4f}\n",
                 "best minus worst",
                 "",
                 report.gap.value,
                 report.gap.low,
                 report.gap.high);
    out[column] = {{"groups", groups},
                   {"gap", {report.gap.value, report.gap.low, report.gap.high}},
                   {"ratio", {report.ratio.value, report.ratio.low, report.ratio.high}}};
  }
  if (args.common.json) fmt::print("{}\n", out.dump());
  return 0;
}

void add_groups(CLI::App& eval, int& status) {
  CLI::App& verb =
      add_verb(eval,
               "groups",
               "Split any figure by a column: who is served badly.",
               "  troodon eval groups --values judged/pictures/linear_head_faces_trained.csv "
               "--metric right --table faces.csv --by country,age");
  auto args = std::make_shared<GroupArgs>();
  verb.add_option(
          "--values", args->values, "a table with a column path and the figure of each picture")
      ->required();
  verb.add_option("--metric", args->metric, "the figure's column")->required();
  verb.add_option("--by", args->by, "columns to split by")->delimiter(',')->required();
  verb.add_option("--table", args->table, "the table that has them (default: --values)");
  verb.add_flag("--lower-is-better", args->lower, "the figure is an error");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_groups(*args); });
}

}  // namespace

void add_eval_sets(CLI::App& eval, int& status) {
  add_all(eval, status);
  add_groups(eval, status);
}

}  // namespace troodon::cli
