#include "run/pupil.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/place.hpp"
#include "run/checkpoints.hpp"
#include "run/run_report.hpp"
#include "train/copies.hpp"

namespace troodon::run {
namespace {

/// Brings the state to where the run begins or goes on; that step.
int64_t restore(const train::TrainConfig& config,
                const RunOptions& options,
                int64_t done,
                train::State& state,
                distributed::Communicator& ranks) {
  const auto checkpoint = options.resume ? latest_checkpoint(options.out, done) : std::nullopt;
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

/// A generator in the same state for each network: it draws the same numbers alone or in company.
const train::TrainConfig& seeded(const train::TrainConfig& config) {
  torch::manual_seed(static_cast<uint64_t>(config.train.seed));
  return config;
}

}  // namespace

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

int64_t common_step(const std::vector<Assignment>& runs) {
  int64_t step = std::numeric_limits<int64_t>::max();
  if (runs.size() == 1) return step;  // restore() reads and checks the file, once
  for (bool agreed = false; !agreed;) {
    agreed = true;
    for (const Assignment& run : runs) {
      const auto checkpoint = latest_checkpoint(run.options.out, step);
      if (!checkpoint) return 0;
      agreed = agreed && checkpoint->step == step;
      step = checkpoint->step;
    }
  }
  return step;
}

Pupil::Pupil(const Assignment& assignment,
             int64_t done,
             torch::Device device,
             distributed::Communicator& ranks)
    : config_(assignment.config),
      options_(assignment.options),
      device_(device),
      ranks_(ranks),
      memory_before_(memory_use(device).now),
      state_(seeded(config_), device, torch::kFloat, &ranks),
      first_step_(restore(config_, options_, done, state_, ranks)),
      schedules_(config_, ranks.world_size()),
      vitals_(config_),
      result_{.steps = first_step_, .first = ranks.rank() == 0} {}

void Pupil::begin(const data::Source& source) {
  if (first()) {
    write_atomically(options_.out / "config.yaml", to_yaml(config_));
    if (!options_.command.empty())
      write_atomically(options_.out / "command.txt", options_.command + "\n");
    const int64_t images = config_.train.batch_size_per_gpu * ranks_.world_size();
    journal_ = std::make_unique<Journal>(
        options_.out, first_step_, config_.steps(), images, options_.progress);
    journal_->set_log_every(config_.troodon.log_every);
    if (!options_.probe.empty()) {
      probe_.emplace(options_.probe,
                     EmbedSettings{.image_size = config_.image_size(),
                                   .threads = static_cast<size_t>(config_.troodon.threads)});
    }
    if (config_.watches_quality()) {
      guard_.emplace(
          config_, source, probe_ ? &*probe_ : nullptr, first_step_, state_.teacher->backbone);
    }
  }
  if (first_step_ == 0) probe(0);
}

bool Pupil::probe_due(int64_t done) const {
  if (options_.probe.empty()) return false;
  const int64_t every = config_.troodon.probe_every > 0 ? config_.troodon.probe_every
                                                        : std::max<int64_t>(config_.steps() / 5, 1);
  return done == 0 || done == config_.steps() || done % every == 0;
}

double Pupil::knn_after(int64_t done) {
  if (measured_.step != done) measured_ = {done, probe_->accuracy(state_.teacher->backbone)};
  return measured_.knn;
}

bool Pupil::holds(int64_t done) {
  const double knn = guard_->watches_knn() ? knn_after(done) : -1;
  return guard_->holds(done, state_.teacher->backbone, knn, *journal_);
}

void Pupil::probe(int64_t done) {
  if (!probe_due(done)) return;
  const train::WholeTeacher whole(state_);
  if (!first()) return;
  result_.knn = knn_after(done);
  std::map<std::string, double> values = {{"knn", result_.knn}};
  if (done == 0) {
    result_.knn_untrained = result_.knn;
    values["knn_pixels"] = result_.knn_pixels = probe_->pixel_accuracy();
  }
  journal_->note(done, values);
}

void Pupil::learn(const train::Batch& batch, const Lesson& lesson) {
  const int64_t step = lesson.step, done = step + 1;
  const train::Rates now = schedules_.at(step);
  const train::StepContext context{config_, ranks_, step, lesson.types, lesson.guide_says};
  const train::StepValues values = config_.copies.learn
                                       ? train::copy_step(state_, batch, now, context)
                                       : train::train_step(state_, batch, now, context);
  if (first()) journal_->step(step, now, values, lesson.wait_seconds);
  result_.steps = done;
  result_.total_loss = values.total;
  if (vitals_.due(step, values)) {
    const train::WholeTeacher whole(state_);
    // Throws when the run has died; the first rank has the diagnosis, the others the verdict.
    first() ? vitals_.watch(step, state_, batch, values, *journal_) : vitals_.check(step, values);
  }
  if (options_.memory_report && first() && result_.memory.empty() && step > first_step_) {
    result_.memory = memory_shares(state_, batch, memory_before_, memory_use(device_));
    log_info("{}", memory_table(result_.memory));
  }
  probe(done);
  if (Guard::due(config_, done)) {
    stopped_ = on_any_rank(first() && !holds(done), ranks_);
  }
  if (options_.on_step && first()) {
    options_.on_step(
        {done, config_.steps(), values.total, journal_->images_per_second(), result_.knn});
  }
  if (done % config_.save_period() == 0 && done < config_.steps()) save();
}

void Pupil::save() {
  save_checkpoint(options_.out,
                  state_,
                  result_.steps,
                  to_yaml(config_),
                  config_.troodon.keep_checkpoints,
                  ranks_);
}

void Pupil::write_results(const data::Source& source) {
  result_.model = options_.out / "teacher.safetensors";
  export_teacher(result_.model, state_, config_.image_size());
  result_.report = options_.out / "report.html";
  std::vector<report::Finding> findings = vitals_.findings();
  if (!result_.stopped.empty()) findings.insert(findings.begin(), {1, result_.stopped});
  write_report(result_.report, {config_, options_, source, findings}, state_);
}

RunResult Pupil::end(const data::Source& source, const data::BadFiles& bad, double seconds) {
  if (stopped_ && first()) {
    guard_->put_back(state_);
    log_warning("{}", result_.stopped = guard_->verdict());
  }
  result_.interrupted = result_.steps < config_.steps() && !stopped_;
  result_.steps_now = result_.steps - first_step_;
  result_.seconds = seconds;
  result_.bad_files = write_bad_files(options_.out / "bad_files.txt", bad, ranks_);
  save();
  if (first()) result_.images_per_second = journal_->images_per_second();
  if (!result_.interrupted) {
    const train::WholeTeacher whole(state_);
    if (first()) write_results(source);
  }
  return result_;
}

}  // namespace troodon::run
