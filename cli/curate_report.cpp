#include "curate_report.hpp"

#include <cmath>
#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "curation.hpp"
#include "stages/manifest.hpp"

namespace troodon::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Cuts NAME=FILE in two.
std::pair<std::string, fs::path> named_file(const std::string& flag, const std::string& text) {
  const size_t at = text.find('=');
  if (at == 0 || at == text.npos || at + 1 == text.size())
    fail(Exit::usage, "{} {}: wanted NAME=FILE, such as dedup=kept.csv", flag, text);
  return {text.substr(0, at), text.substr(at + 1)};
}

/// Where a stage lists what it removed, unless it was told otherwise; "" where there is no file.
fs::path removed_file(const stages::StageFiles& files) {
  if (files.stage != "sift" && files.stage != "dedup" && files.stage != "match") return {};
  const fs::path removed = stages::removed_beside(files.out);
  return fs::exists(removed) ? removed : fs::path();
}

void read_stages(ReportArgs& args) {
  std::map<std::string, fs::path> removed;
  for (const std::string& text : args.removed) removed.insert(named_file("--removed", text));
  for (const std::string& text : args.stages) {
    const auto [stage, out] = named_file("--stage", text);
    stages::StageFiles files{.stage = stage, .out = out};
    const auto said = removed.find(stage);
    files.removed = said == removed.end() ? removed_file(files) : said->second;
    args.report.stages.push_back(std::move(files));
    if (said != removed.end()) removed.erase(said);
  }
  if (!removed.empty())
    fail(Exit::usage, "--removed names {}, --stage doesn't", removed.begin()->first);
}

Json json_of(const stages::Spread& spread) {
  static const std::map<stages::Represented, std::string> words = {
      {stages::Represented::evenly, "evenly"},
      {stages::Represented::over, "over"},
      {stages::Represented::under, "under"}};
  Json values = Json::array();
  for (const stages::Share& s : spread.shares) {
    if (s.name.empty()) {
      values.push_back({{"value", nullptr}, {"pool", s.pool}, {"set", s.set}});
      continue;
    }
    values.push_back({{"value", s.name},
                      {"pool", s.pool},
                      {"set", s.set},
                      {"ratio", s.ratio},
                      {"low", s.low},
                      {"high", s.high},
                      {"represented", words.at(s.represented)}});
  }
  Json out = {{"column", spread.column}, {"pool", spread.pool}, {"set", spread.set}};
  if (std::isfinite(spread.entropy_before)) out["entropy_before"] = spread.entropy_before;
  if (std::isfinite(spread.entropy_after)) out["entropy_after"] = spread.entropy_after;
  out["values"] = std::move(values);
  return out;
}

Json json_of(const stages::StageNumbers& stage) {
  Json out = {{"stage", stage.stage},
              {"before", stage.before},
              {"kept", stage.kept},
              {"removed", stage.removed},
              {"reasons", stage.reasons}};
  if (!stage.clusters.empty()) out["clusters"] = stage.clusters;
  if (!stage.remark.empty()) out["remark"] = stage.remark;
  return out;
}

Json json_of(const stages::ReportNumbers& numbers, const fs::path& out) {
  Json steps = Json::array(), spreads = Json::array();
  Json truth = Json::object();
  for (const auto& [transform, row] : numbers.truth.rows)
    truth[transform] = {{"planted", row.planted}, {"found", row.found}};
  for (const auto& stage : numbers.stages) steps.push_back(json_of(stage));
  for (const auto& spread : numbers.spreads) spreads.push_back(json_of(spread));
  return {{"out", out.string()},
          {"pool", numbers.pool},
          {"chosen", numbers.chosen},
          {"stages", steps},
          {"balance", spreads},
          {"truth", truth},
          {"removed_as_copies", numbers.truth.removed},
          {"rightly", numbers.truth.rightly},
          {"shown", numbers.shown},
          {"unreadable", numbers.unreadable},
          {"bytes", numbers.bytes}};
}

void add_options(CLI::App& verb, ReportArgs& args) {
  auto& options = args.report;
  verb.add_option("--pictures", options.pictures, "the pool's pictures: see docs/data.md")
      ->required();
  verb.add_option("--stage",
                  args.stages,
                  "NAME=FILE, in order: sift, dedup, match, retrieve, cluster or sample, and what "
                  "it wrote")
      ->required();
  verb.add_option(
      "--removed",
      args.removed,
      "NAME=FILE: what that stage removed (default: OUT with .removed, if it is there)");
  verb.add_option("--by-seed", options.by_seed, "of curate retrieve");
  verb.add_option(
      "--features", options.features, "the pool's: shows the clusters of a cluster stage");
  verb.add_option(
      "--test-pictures", options.test_sets, "sources of the test sets that match compared with");
  verb.add_option("--seed-pictures", options.seed_sets, "sources of the seeds of retrieve");
  verb.add_option("--groups", options.groups, "columns whose shares in pool and set are compared")
      ->delimiter(',');
  verb.add_option(
      "--table", options.table, "manifest with path and the groups (default: the pictures' own)");
  verb.add_option("--truth",
                  options.truth,
                  "table of planted copies (path, dup_of, transform): the page says how many of "
                  "each transform were found");
  verb.add_option("--examples", options.examples, "pictures of each sample")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verb.add_option("--seed", options.seed, "of the random samples")->capture_default_str();
  verb.add_option("--title", options.title, "of the page")->capture_default_str();
  verb.add_option("--out,-o", options.out, "what is written: .html")->required();
}

}  // namespace

CLI::App& add_report(CLI::App& curate, ReportArgs& args, Common& common) {
  CLI::App& verb =
      add_verb(curate,
               "report",
               "Show in one HTML page what stages kept and removed, and how balanced the set is.",
               "  troodon curate report --pictures heap/ --stage sift=good.csv --stage "
               "dedup=kept.csv --stage sample=set.csv --out report.html\n"
               "  troodon curate report --pictures people.csv --stage sample=set.csv --groups "
               "country,income --out report.html");
  add_options(verb, args);
  add_common(verb, common);
  return verb;
}

Said run_report(CurateArgs& all, const stages::Running& running) {
  ReportArgs& args = all.report;
  Said said;
  if (!running.first()) return said;
  read_stages(args);
  args.report.threads = running.threads;
  args.report.progress = running.progress;
  const stages::ReportNumbers numbers = stages::write_report(args.report);
  said.json = json_of(numbers, args.report.out);
  for (const auto& stage : numbers.stages) {
    if (stage.clusters.empty())
      said.text += fmt::format("{}: {} of {} stay\n", stage.stage, stage.kept, stage.before);
    if (!stage.remark.empty()) said.text += fmt::format("  {}\n", stage.remark);
  }
  said.text += fmt::format("{} of {} pictures; {} of them shown, {:.1f} MB -> {}\n",
                           numbers.chosen,
                           numbers.pool,
                           numbers.shown,
                           static_cast<double>(numbers.bytes) / 1e6,
                           args.report.out.string());
  return said;
}

}  // namespace troodon::cli
