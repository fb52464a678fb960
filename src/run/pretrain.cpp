#include "run/pretrain.hpp"

#include <chrono>
#include <cmath>
#include <optional>

#include <torch/cuda.h>
#include <torch/types.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/place.hpp"
#include "distributed/communicator.hpp"
#include "kernels/backend.hpp"
#include "kernels/linear.hpp"
#include "run/batches.hpp"
#include "run/checkpoints.hpp"
#include "run/journal.hpp"
#include "run/probe.hpp"
#include "run/run_report.hpp"
#include "run/vitals.hpp"

namespace troodon::run {
namespace {

using Clock = std::chrono::steady_clock;

/// Refuses to mix two runs; makes the folder.
void prepare_folder(const RunOptions& options) {
  const bool used = fs::exists(options.out / "config.yaml");
  if (options.resume && !used)
    fail(Exit::input,
         "{}: holds no run to resume; leave --resume out to start one",
         options.out.string());
  if (!options.resume && used && !options.overwrite) {
    fail(Exit::usage,
         "{}: holds a run already; write --resume to go on with it, or --overwrite to delete it",
         options.out.string());
  }
  if (!options.resume && options.overwrite) {
    for (const char* name : {"checkpoints",
                             "metrics.jsonl",
                             "report.html",
                             "teacher.safetensors",
                             "config.yaml",
                             "bad_files.txt"})
      fs::remove_all(options.out / name);
  }
  make_folders(options.out);
}

/// The state at the step where the run begins or goes on; that step.
int64_t restore(const train::TrainConfig& config, const RunOptions& options, train::State& state) {
  const auto checkpoint = options.resume ? latest_checkpoint(options.out) : std::nullopt;
  if (options.resume && !checkpoint) {
    log_warning("{}: no checkpoint that holds; starting from the beginning", options.out.string());
  }
  if (!checkpoint) {
    const std::string& weights = config.student.pretrained_weights;
    if (!weights.empty()) {
      start_from(weights, state);
      log_info("starting from the backbone of {}", weights);
    }
    return 0;
  }
  load_checkpoint(*checkpoint, state);
  log_info("going on from {} ({} steps done)", checkpoint->file.string(), checkpoint->step);
  return checkpoint->step;
}

/// kNN on the labelled folder, where one was given.
class Probing {
 public:
  Probing(const train::TrainConfig& config, const RunOptions& options)
      : every_(config.troodon.probe_every) {
    if (options.probe.empty()) return;
    probe_.emplace(options.probe,
                   EmbedSettings{.image_size = config.image_size(),
                                 .threads = static_cast<size_t>(config.troodon.threads)});
    if (every_ == 0) every_ = std::max<int64_t>(config.steps() / 5, 1);
  }
  /// Measures before the first step, then every few steps and after the last.
  void run(int64_t done, int64_t last, train::State& state, Journal& journal, RunResult& result) {
    if (!probe_ || (done != 0 && done != last && done % every_ != 0)) return;
    result.knn = probe_->accuracy(state.teacher->backbone);
    std::map<std::string, double> values = {{"knn", result.knn}};
    if (done == 0) {
      result.knn_untrained = result.knn;
      values["knn_pixels"] = result.knn_pixels = probe_->pixel_accuracy();
    }
    journal.note(done, values);
  }

 private:
  std::optional<Probe> probe_;
  int64_t every_ = 0;
};

bool use_bf16(const train::TrainConfig& config, const torch::Device& device) {
  if (device.is_cuda()) return config.troodon.precision != "fp32";
  if (config.troodon.precision != "bf16") return false;
  if (!kernels::Bfloat16Products::available()) {
    log_warning(
        "this CPU has no bfloat16 products: training in float32, with slightly other numbers than "
        "elsewhere");
    return false;
  }
  return true;
}

}  // namespace

train::TrainConfig saved_config(const fs::path& out) {
  if (!fs::exists(out / "config.yaml"))
    fail(Exit::input, "{}: holds no run to resume (no config.yaml)", out.string());
  return train::load_config({out / "config.yaml"});
}

RunResult pretrain(const train::TrainConfig& config, const RunOptions& options) {
  config.validate();
  prepare_folder(options);
  const torch::Device device(kernels::resolve_device(config.troodon.device));
  torch::manual_seed(static_cast<uint64_t>(config.train.seed));
  train::State state(config, device);
  const int64_t first = restore(config, options, state);
  const int64_t last = config.steps();
  const std::string yaml = to_yaml(config);
  write_atomically(options.out / "config.yaml", yaml);
  if (!options.command.empty())
    write_atomically(options.out / "command.txt", options.command + "\n");

  data::Source source = data::open_source(options.data);
  log_info("{}", source.description);
  distributed::Alone ranks;
  const train::Schedules schedules(config, ranks.world_size());
  Journal journal(options.out, first, last, config.train.batch_size_per_gpu, options.progress);
  journal.set_log_every(config.troodon.log_every);
  Vitals vitals(config);
  Probing probing(config, options);
  RunResult result{.steps = first};
  if (first == 0) probing.run(0, last, state, journal, result);
  Batches batches(config,
                  source,
                  {.threads = static_cast<size_t>(config.troodon.threads),
                   .first_step = first,
                   .last_step = last,
                   .strict = options.strict});
  const bool bf16 = use_bf16(config, device);
  const auto start = Clock::now();

  for (int64_t step = first; step < last && !interrupted(); ++step) {
    const train::Rates now = schedules.at(step);
    const train::Batch batch = batches.next().to(device, torch::kFloat);
    const train::StepValues values =
        train::train_step(state, batch, now, {config, ranks, step, bf16});
    journal.step(step, now, values, batches.wait_seconds());
    result.steps = step + 1;
    result.total_loss = values.total;
    vitals.watch(step, state, batch, values, journal);  // throws when the run has died
    probing.run(step + 1, last, state, journal, result);
    if (options.on_step)
      options.on_step({step + 1, last, values.total, journal.images_per_second(), result.knn});
    if ((step + 1) % config.save_period() == 0 && step + 1 < last) {
      save_checkpoint(options.out, state, step + 1, yaml, config.troodon.keep_checkpoints);
    }
  }

  result.interrupted = result.steps < last;
  result.steps_now = result.steps - first;
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  result.images_per_second = journal.images_per_second();
  result.bad_files = batches.bad_files().count();
  batches.bad_files().write(options.out / "bad_files.txt");
  save_checkpoint(options.out, state, result.steps, yaml, config.troodon.keep_checkpoints);
  if (result.interrupted) return result;
  result.model = options.out / "teacher.safetensors";
  export_teacher(result.model, state, config.image_size());
  result.report = options.out / "report.html";
  write_report(result.report, {config, options, source, vitals.findings()}, state);
  return result;
}

}  // namespace troodon::run
