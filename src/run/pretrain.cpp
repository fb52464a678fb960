#include "run/pretrain.hpp"

#include <chrono>
#include <cmath>
#include <optional>

#include <torch/types.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/place.hpp"
#include "kernels/backend.hpp"
#include "kernels/linear.hpp"
#include "run/batches.hpp"
#include "run/checkpoints.hpp"
#include "run/guard.hpp"
#include "run/guide.hpp"
#include "run/journal.hpp"
#include "run/probe.hpp"
#include "run/run_report.hpp"
#include "run/together.hpp"
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
int64_t restore(const train::TrainConfig& config,
                const RunOptions& options,
                train::State& state,
                distributed::Communicator& ranks) {
  const auto checkpoint = options.resume ? latest_checkpoint(options.out) : std::nullopt;
  if (options.resume && !checkpoint) {
    log_warning("{}: no checkpoint that holds; starting from the beginning", options.out.string());
  }
  if (!checkpoint) {
    const std::string& weights = config.student.pretrained_weights;
    if (!weights.empty()) {
      start_from(weights, state, ranks);
      log_info("starting from the backbone of {}", weights);
    }
    return 0;
  }
  load_checkpoint(*checkpoint, state, ranks);
  log_info("going on from {} ({} steps done)", checkpoint->file.string(), checkpoint->step);
  return checkpoint->step;
}

/// kNN on the labelled folder, where one was given: before the first step, then every few steps and
/// after the last. The first rank measures.
class Probing {
 public:
  Probing(const train::TrainConfig& config, const RunOptions& options, bool first)
      : on_(!options.probe.empty()), every_(config.troodon.probe_every) {
    if (every_ == 0) every_ = std::max<int64_t>(config.steps() / 5, 1);
    if (!on_ || !first) return;
    probe_.emplace(options.probe,
                   EmbedSettings{.image_size = config.image_size(),
                                 .threads = static_cast<size_t>(config.troodon.threads)});
  }
  bool due(int64_t done, int64_t last) const {
    return on_ && (done == 0 || done == last || done % every_ == 0);
  }
  void run(int64_t done, train::State& state, Journal& journal, RunResult& result) {
    result.knn = probe_->accuracy(state.teacher->backbone);
    std::map<std::string, double> values = {{"knn", result.knn}};
    if (done == 0) {
      result.knn_untrained = result.knn;
      values["knn_pixels"] = result.knn_pixels = probe_->pixel_accuracy();
    }
    journal.note(done, values);
  }
  const Probe* probe() const { return probe_ ? &*probe_ : nullptr; }

 private:
  bool on_;
  int64_t every_;
  std::optional<Probe> probe_;
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

/// Notes what is run, and opens the book of its numbers; on the first rank only.
std::unique_ptr<Journal> open_journal(const train::TrainConfig& config,
                                      const RunOptions& options,
                                      int64_t first_step,
                                      int64_t images_per_step) {
  write_atomically(options.out / "config.yaml", to_yaml(config));
  if (!options.command.empty())
    write_atomically(options.out / "command.txt", options.command + "\n");
  auto journal = std::make_unique<Journal>(
      options.out, first_step, config.steps(), images_per_step, options.progress);
  journal->set_log_every(config.troodon.log_every);
  return journal;
}

/// What a run that has come to its end leaves.
void finish(const train::TrainConfig& config,
            const RunOptions& options,
            const data::Source& source,
            const Vitals& vitals,
            train::State& state,
            RunResult& result) {
  result.model = options.out / "teacher.safetensors";
  export_teacher(result.model, state, config.image_size());
  result.report = options.out / "report.html";
  std::vector<report::Finding> findings = vitals.findings();
  if (!result.stopped.empty()) findings.insert(findings.begin(), {1, result.stopped});
  write_report(result.report, {config, options, source, findings}, state);
}

}  // namespace

train::TrainConfig saved_config(const fs::path& out) {
  if (!fs::exists(out / "config.yaml"))
    fail(Exit::input, "{}: holds no run to resume (no config.yaml)", out.string());
  return train::load_config({out / "config.yaml"});
}

RunResult pretrain(const train::TrainConfig& given, const RunOptions& options) {
  given.validate();
  const distributed::Launch launch = distributed::find_launch();
  const std::string where = device_of_rank(kernels::resolve_device(given.troodon.device), launch);
  const auto ranks = join(given, launch, where);
  return pretrain_on(*ranks, where, agree(given, *ranks), options);
}

RunResult pretrain_on(distributed::Communicator& ranks,
                      const std::string& where,
                      const train::TrainConfig& config,
                      const RunOptions& options) {
  const bool first = ranks.rank() == 0;
  if (first) prepare_folder(options);
  ranks.barrier();
  const torch::Device device(where);
  const int64_t memory_before = memory_use(device).now;
  torch::manual_seed(static_cast<uint64_t>(config.train.seed));
  train::State state(config, device, torch::kFloat, &ranks);
  const int64_t start_step = restore(config, options, state, ranks);
  if (config.distils()) state.guide = load_guide(config, device);
  const int64_t last = config.steps();
  data::Source source = data::open_source(options.data);
  log_info("{}", source.description);
  const train::Schedules schedules(config, ranks.world_size());
  std::unique_ptr<Journal> journal;
  if (first) {
    const int64_t images = config.train.batch_size_per_gpu * ranks.world_size();
    journal = open_journal(config, options, start_step, images);
  }
  Vitals vitals(config);
  Probing probing(config, options, first);
  std::optional<Guard> guard;
  if (first && config.watches_quality())
    guard.emplace(config, source, probing.probe(), start_step, state.teacher->backbone);
  RunResult result{.steps = start_step, .first = first};
  const auto probe = [&](int64_t done) {
    if (!probing.due(done, last)) return;
    const train::WholeTeacher whole(state);
    if (first) probing.run(done, state, *journal, result);
  };
  if (start_step == 0) probe(0);
  Batches batches(config,
                  source,
                  {.threads = loader_threads(config, ranks),
                   .first_step = start_step,
                   .last_step = last,
                   .strict = options.strict,
                   .rank = ranks.rank(),
                   .world = ranks.world_size()});
  const auto save = [&](int64_t done) {
    save_checkpoint(
        options.out, state, done, to_yaml(config), config.troodon.keep_checkpoints, ranks);
  };
  const bool bf16 = use_bf16(config, device);
  const auto start = Clock::now();
  bool spoiled = false;

  for (int64_t step = start_step; step < last && !spoiled && !on_any_rank(interrupted(), ranks);
       ++step) {
    const train::Rates now = schedules.at(step);
    const train::Batch batch = batches.next().to(device, torch::kFloat);
    const train::StepValues values =
        train::train_step(state, batch, now, {config, ranks, step, bf16});
    if (first) journal->step(step, now, values, batches.wait_seconds());
    result.steps = step + 1;
    result.total_loss = values.total;
    if (vitals.due(step, values)) {
      const train::WholeTeacher whole(state);
      // Throws when the run has died; the first rank has the diagnosis, the others the verdict.
      first ? vitals.watch(step, state, batch, values, *journal) : vitals.check(step, values);
    }
    if (options.memory_report && first && result.memory.empty() && step > start_step) {
      result.memory = memory_shares(state, batch, memory_before, memory_use(device));
      log_info("{}", memory_table(result.memory));
    }
    probe(step + 1);
    if (Guard::due(config, step + 1)) {
      spoiled =
          on_any_rank(first && !guard->holds(step + 1, state.teacher->backbone, *journal), ranks);
    }
    if (options.on_step && first)
      options.on_step({step + 1, last, values.total, journal->images_per_second(), result.knn});
    if ((step + 1) % config.save_period() == 0 && step + 1 < last) save(step + 1);
  }

  if (spoiled && first) {
    guard->put_back(state);
    log_warning("{}", result.stopped = guard->verdict());
  }
  result.interrupted = result.steps < last && !spoiled;
  result.steps_now = result.steps - start_step;
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  result.bad_files = write_bad_files(options.out / "bad_files.txt", batches.bad_files(), ranks);
  save(result.steps);
  if (first) result.images_per_second = journal->images_per_second();
  if (!result.interrupted) {
    const train::WholeTeacher whole(state);
    if (first) finish(config, options, source, vitals, state, result);
  }
  ranks.barrier();
  return result;
}

}  // namespace troodon::run
