#pragma once

#include <functional>
#include <string>

#include "base/file.hpp"
#include "base/progress.hpp"
#include "run/memory_report.hpp"
#include "train/config.hpp"

namespace troodon::distributed {
class Communicator;
}

namespace troodon::run {

/// What a listener hears after a step.
struct StepNews {
  int64_t step = 0;  ///< steps done altogether
  int64_t last = 0;  ///< steps of the whole run
  double total_loss = 0;
  double images_per_second = 0;  ///< of this call
  double knn = -1;               ///< last probe's top-1, 0..1; -1 without a probe
};

/// Where a run reads and writes, and how it behaves; what it learns is in TrainConfig.
struct RunOptions {
  std::string data;            ///< folder, list or manifest of pictures (data/source.hpp)
  fs::path out;                ///< the run's folder
  std::string probe;           ///< labelled folder with train/ and val/ for kNN; "" for none
  std::string command;         ///< as typed, for the record and the resume hint
  bool resume = false;         ///< go on from the newest checkpoint in `out`
  bool overwrite = false;      ///< a run that is already in `out` is deleted
  bool memory_report = false;  ///< after the second step, where the bytes are
  bool strict = false;         ///< the first unreadable picture ends the run
  ProgressStyle progress = ProgressStyle::automatic;
  std::function<void(const StepNews&)> on_step;  ///< called after every step; may throw, which ends
                                                 ///< the run as a kill would
};

/// How a run ended.
struct RunResult {
  int64_t steps = 0;      ///< done altogether
  int64_t steps_now = 0;  ///< done by this call
  double seconds = 0;     ///< of this call
  double images_per_second = 0;
  double total_loss = 0;  ///< of the last step
  double knn = -1;        ///< last probe's top-1, 0..1; -1 without a probe
  double knn_untrained = -1;
  double knn_pixels = -1;
  size_t bad_files = 0;
  std::vector<MemoryShare> memory;  ///< where RunOptions::memory_report asks for it
  bool interrupted = false;
  std::string stopped;  ///< why a continuation ended before its last step; "": it did not
  bool first = true;    ///< of several processes, the one that speaks for the run
  fs::path model;       ///< the teacher's backbone
  fs::path report;
};

/// Self-supervised pretraining (paper section 4): the student learns what the averaged teacher sees
/// in other crops. Leaves in options.out: config.yaml, command.txt, metrics.jsonl, TensorBoard
/// events, checkpoints/, teacher.safetensors, report.html, bad_files.txt. SIGINT, SIGTERM
/// and interrupt() end it after the current step with a checkpoint. Started by mpirun, srun or the
/// like, all processes make the run together (distributed/launch.hpp); the first one's settings
/// count, and it alone writes. Throws Error; exit 5 when the loss is not finite.
RunResult pretrain(const train::TrainConfig& config, const RunOptions& options);

/// A network that is to be trained, and where.
struct Assignment {
  train::TrainConfig config;
  RunOptions options;
};

/// Several students of one frozen teacher, which is asked once for all of them (paper section 5);
/// each in a folder of its own, which resumes alone as well. They may differ in student.* only.
/// Throws Error.
std::vector<RunResult> pretrain_together(std::vector<Assignment> runs);

/// The same for ranks that are joined already and agree on the settings; each on its own device.
RunResult pretrain_on(distributed::Communicator& ranks,
                      const std::string& device,
                      const train::TrainConfig& config,
                      const RunOptions& options);

/// The settings of the run in `out`, for --resume. Throws Error (exit 4) if there is none.
train::TrainConfig saved_config(const fs::path& out);

}  // namespace troodon::run
