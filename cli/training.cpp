#include "training.hpp"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "distributed/launch.hpp"
#include "kernels/backend.hpp"

namespace troodon::cli {
namespace {

void print_result(const run::RunResult& result, const Common& common) {
  if (common.json) {
    nlohmann::ordered_json object = {{"steps", result.steps},
                                     {"seconds", result.seconds},
                                     {"images_per_second", result.images_per_second},
                                     {"total_loss", result.total_loss},
                                     {"knn", result.knn},
                                     {"knn_untrained", result.knn_untrained},
                                     {"knn_pixels", result.knn_pixels},
                                     {"bad_files", result.bad_files},
                                     {"interrupted", result.interrupted},
                                     {"stopped", result.stopped},
                                     {"model", result.model.string()},
                                     {"report", result.report.string()}};
    for (const auto& [what, bytes] : result.memory) object["memory"][what] = bytes;
    fmt::print("{}\n", object.dump());
    return;
  }
  fmt::print("steps     {} in {}, {:.3g} images/s\n",
             result.steps,
             duration_text(result.seconds),
             result.images_per_second);
  if (result.knn >= 0) {
    fmt::print("kNN       {:.3f} (untrained {:.3f}, raw pixels {:.3f})\n",
               result.knn,
               result.knn_untrained,
               result.knn_pixels);
  }
  if (result.bad_files > 0)
    fmt::print("skipped   {} unreadable files, see bad_files.txt\n", result.bad_files);
  if (!result.model.empty()) fmt::print("model     {}\n", result.model.string());
  if (!result.report.empty()) fmt::print("report    {}\n", result.report.string());
}

/// Each network that is to be trained: the one of the settings, or --student for --student.
std::vector<run::Assignment> assignments_of(TrainArgs& args) {
  if (args.students.empty()) {
    const train::TrainConfig config = run::settings_of_run(args.run, args.layers);
    return {{config, args.run}};
  }
  std::vector<run::Assignment> out;
  for (const std::string& arch : args.students) {
    run::RunOptions own = args.run;
    own.out /= arch;
    if (!out.empty()) own.progress = ProgressStyle::none;
    run::SettingLayers layers = args.layers;
    layers.overrides.push_back("student.arch=" + arch);
    const train::TrainConfig config = run::settings_of_run(own, layers);
    out.push_back({config, own});
  }
  return out;
}

int run_train(TrainArgs& args) {
  kernels::use_threads(args.common.threads);
  kernels::keep_freed_memory();
  args.run.progress = args.common.progress_style();
  args.layers.device = args.common.device;
  args.layers.threads = args.common.threads;
  const std::vector<run::Assignment> assignments = assignments_of(args);
  if (args.dry_run) {
    for (const auto& assignment : assignments) fmt::print("{}", to_yaml(assignment.config));
    return 0;
  }
  const std::vector<run::RunResult> results = run::pretrain_together(assignments);
  const run::RunResult& result = results.front();
  if (!result.first) return 0;  // the first process speaks, and says how it ended
  for (const auto& each : results) print_result(each, args.common);
  if (!result.interrupted) return result.bad_files > 0 ? static_cast<int>(Exit::partial) : 0;
  log_info("stopped after step {}; go on with: troodon {} --data '{}' --out '{}' --resume{}",
           result.steps,
           args.verb,
           args.run.data,
           args.run.out.string(),
           args.run.probe.empty() ? "" : fmt::format(" --probe '{}'", args.run.probe));
  return interrupted() ? interrupt_exit_code() : static_cast<int>(Exit::terminated);
}

/// One of several processes, or the only one.
int run_train_as_rank(TrainArgs& args) {
  const distributed::Launch launch = distributed::find_launch();
  quiet_unless_first(launch);
  try {
    return run_train(args);
  } catch (const Error& error) {
    let_the_first_speak(launch);
    if (launch.first()) throw;
    fail(error.code(), "rank {} of {}: {}", launch.rank, launch.world_size, error.what());
  }
}

}  // namespace

void add_training(CLI::App& verb, const std::shared_ptr<TrainArgs>& args, int& status) {
  args->verb = verb.get_name();
  verb.add_option("--data",
                  args->run.data,
                  "folder (searched below), list (.txt) or manifest (.csv, .parquet) of pictures; "
                  "without: what "
                  "train.dataset_path says");
  verb.add_option("--out,-o", args->run.out, "folder for checkpoints, metrics and the report")
      ->required();
  verb.add_option("--config,-c",
                  args->layers.configs,
                  "YAML settings, official key names; say it again for more, applied in order")
      ->allow_extra_args(false);
  verb.add_option("--probe",
                  args->run.probe,
                  "labelled folder with train/ and val/: kNN accuracy as the run goes on");
  verb.add_option("--minutes",
                  args->layers.minutes,
                  "time the chosen preset should take on this machine (default 20)");
  verb.add_option("--seed", args->layers.seed, "of weights, order, crops and masks (default 0)");
  verb.add_flag("--resume", args->run.resume, "go on from the newest checkpoint in --out");
  verb.add_flag("--overwrite", args->run.overwrite, "delete the run that is already in --out");
  verb.add_flag(
      "--strict", args->run.strict, "stop at the first unreadable picture instead of skipping it");
  verb.add_flag("--memory-report",
                args->run.memory_report,
                "say where the bytes are, after the second step: weights, gradients, moments, "
                "activations");
  verb.add_flag("--dry-run", args->dry_run, "print the resolved settings and stop");
  verb.add_option("settings", args->layers.overrides, "key.path=value, e.g. optim.base_lr=1e-3");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_train_as_rank(*args); });
}

}  // namespace troodon::cli
