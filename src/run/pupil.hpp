#pragma once

#include <memory>
#include <optional>

#include "run/guard.hpp"
#include "run/journal.hpp"
#include "run/pretrain.hpp"
#include "run/together.hpp"
#include "run/vitals.hpp"

namespace troodon::run {

/// Refuses to mix two runs in a folder; makes it.
void prepare_folder(const RunOptions& options);

/// The most steps that a checkpoint may have to go on from: the step that all of these runs, which
/// go on together, have one of, 0 without any; a run alone goes on from its newest.
int64_t common_step(const std::vector<Assignment>& runs);

/// What a step is made with, besides its batch.
struct Lesson {
  int64_t step = 0;
  train::ProductTypes types{};
  double wait_seconds = 0;  ///< for pictures, so far
  const train::Logits* guide_says = nullptr;
};

/// One network in training: its state, its folder, its numbers and what watches over it. All ranks
/// have one; the first writes.
class Pupil {
 public:
  /// A fresh network, or as it was after `done` steps.
  Pupil(const Assignment& assignment,
        int64_t done,
        torch::Device device,
        distributed::Communicator& ranks);
  Pupil(const Pupil&) = delete;
  Pupil& operator=(const Pupil&) = delete;

  /// Opens the journal; looks at the network before its first step.
  void begin(const data::Source& source);
  /// One step, and what is due after it. Throws Error (exit 5) on a loss that is not finite.
  void learn(const train::Batch& batch, const Lesson& lesson);
  /// Leaves a checkpoint and, unless the run was interrupted, what a finished run leaves.
  RunResult end(const data::Source& source, const data::BadFiles& bad, double seconds);

  int64_t steps() const { return result_.steps; }
  /// Whether it stands still: a guard has ended it.
  bool stopped() const { return stopped_; }
  train::State& state() { return state_; }

 private:
  bool first() const { return ranks_.rank() == 0; }
  void save();
  void probe(int64_t done);
  bool probe_due(int64_t done) const;
  /// The teacher's accuracy after a step, measured once.
  double knn_after(int64_t done);
  /// Whether the guard lets it go on.
  bool holds(int64_t done);
  void write_results(const data::Source& source);

  const train::TrainConfig config_;
  const RunOptions options_;
  torch::Device device_;
  distributed::Communicator& ranks_;
  int64_t memory_before_;
  train::State state_;
  int64_t first_step_;
  train::Schedules schedules_;
  std::unique_ptr<Journal> journal_;
  Vitals vitals_;
  std::optional<Probe> probe_;
  std::optional<Guard> guard_;
  struct {
    int64_t step = -1;
    double knn = -1;
  } measured_;
  RunResult result_;
  bool stopped_ = false;
};

}  // namespace troodon::run
