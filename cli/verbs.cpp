#include "verbs.hpp"

#include <map>

namespace troodon::cli {

ProgressStyle Common::progress_style() const {
  static const std::map<std::string, ProgressStyle> styles = {{"auto", ProgressStyle::automatic},
                                                              {"bar", ProgressStyle::bar},
                                                              {"plain", ProgressStyle::plain},
                                                              {"none", ProgressStyle::none}};
  return styles.at(progress);
}

void add_common(CLI::App& verb, Common& common) {
  verb.add_flag("--json", common.json, "print one JSON object on stdout instead of text");
  verb.add_option("--threads,-j", common.threads, "CPU threads (default: all cores)")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--device,-d", common.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  verb.add_option("--progress", common.progress, "auto, bar, plain or none")
      ->check(CLI::IsMember({"auto", "bar", "plain", "none"}))
      ->capture_default_str();
}

void add_fit(CLI::App& verb, infer::Fit& fit) {
  static const std::map<std::string, infer::Fit> fits = {
      {"crop", infer::Fit::crop}, {"pad", infer::Fit::pad}, {"stretch", infer::Fit::stretch}};
  verb.add_option("--fit", fit, "crop, pad or stretch")
      ->transform(CLI::CheckedTransformer(fits, CLI::ignore_case))
      ->default_str("crop");
}

CLI::App& add_verb(CLI::App& app,
                   const std::string& name,
                   const std::string& summary,
                   const std::string& examples) {
  CLI::App* verb = app.add_subcommand(name, summary);
  verb->footer(examples);
  return *verb;
}

}  // namespace troodon::cli
