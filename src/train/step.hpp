#pragma once

#include "train/backbone_parts.hpp"
#include "train/optimizer.hpp"
#include "train/sharded.hpp"
#include "train/teacher.hpp"

namespace troodon::train {

/// Everything a step changes. What a checkpoint must hold to go on exactly.
struct State {
  Network student, teacher;
  /// Distillation: the frozen network whose answers the student learns, with heads of as many
  /// prototypes; `teacher` is then the student's average alone, which the run is for. Not saved.
  Network guide{nullptr};
  Centers centers;
  LossScale loss_scale;
  AdamW optimizer;
  BackboneParts student_parts;  ///< nothing to save: works on the student's weights
  /// Set when this rank keeps only a part of everything; then the networks' own parameters have
  /// memory only while they compute, and the optimizer works on the pieces.
  std::unique_ptr<ShardedNetwork> student_shards, teacher_shards;

  /// Fresh networks; the teacher starts as a copy of the student and takes no gradient. With ranks
  /// and troodon.sharding=full they are sharded.
  State(const TrainConfig& config,
        torch::Device device,
        torch::ScalarType dtype = torch::kFloat,
        distributed::Communicator* ranks = nullptr);
  /// The trained tensors of one part (backbone, dino_head, ibot_head): its parameters, or pieces.
  std::vector<Tensor> trained(const std::string& part) const;
  /// Centres in use, by name: dino.value, dino.pending, ibot.value, ibot.pending.
  NamedTensors center_state() const;
  void load_center_state(const NamedTensors& saved);
};

/// The terms of one step, 0-dim on the device of the network, weighted where the official log is.
struct Losses {
  Tensor dino_local, dino_global;
  Tensor koleo;  ///< weighted, sum over both global crops
  Tensor ibot;
  Tensor total;   ///< what is minimised
  Tensor scaled;  ///< the same times the state's loss scale: where the backward pass begins
};

/// Losses and gradient norms as numbers.
struct StepValues {
  double dino_local = 0, dino_global = 0;
  double koleo = 0, ibot = 0;  ///< as added to the total, not halved
  double total = 0;            ///< the loss that is minimised
  double contrast = -1;        ///< of copies (copies.hpp); -1: none are learnt
  double spread = 0;           ///< the same, weighted
  double loss_scale = 0;       ///< that gradients had been multiplied by; 0: none in use
  std::vector<std::pair<std::string, double>> gradient_norms;  ///< before clipping, per
                                                               ///< part; none where one overflowed

  /// The numbers under official log names: koleo and ibot halved, their sum as total_loss; besides
  /// total_backprop, the true total. Of copies contrast_loss and spread_loss.
  std::vector<std::pair<std::string, double>> log_row() const;
  bool finite() const;
};

/// The teacher whole, while this lives, for looking at it; all ranks must have one at the same
/// time.
class WholeTeacher {
 public:
  explicit WholeTeacher(State& state) : shards_(state.teacher_shards.get()) {
    if (shards_ != nullptr) shards_->gather();
  }
  ~WholeTeacher() {
    if (shards_ != nullptr) shards_->release();
  }
  WholeTeacher(const WholeTeacher&) = delete;
  WholeTeacher& operator=(const WholeTeacher&) = delete;

 private:
  ShardedNetwork* shards_;
};

/// Where and how a step is made.
struct StepContext {
  const TrainConfig& config;
  distributed::Communicator& ranks;
  int64_t step = 0;  ///< seeds drop path, with config.train.seed and the rank
  ProductTypes types{};
  /// What the frozen teacher says of the batch, where several students share it; nullptr: it is
  /// asked.
  const Logits* guide_says = nullptr;
};

/// What the frozen teacher says of a batch. Source: paper section 5.
Logits guide_logits(State& state, const Batch& batch, const StepContext& context);

/// Teacher targets, student views, losses and gradients (summed up over this rank only).
Losses forward_backward(State& state,
                        const Batch& batch,
                        const Rates& now,
                        const StepContext& context);

/// Begins a pass: drop path's draws, seeded by the step and the rank; no gradients.
void begin_pass(State& state, const StepContext& context);

/// Ends it: gradients averaged over ranks, clipped per part, AdamW, teacher average; norms and loss
/// scale are noted in `values`. On gradients that overflowed under a loss scale, the student's
/// weights are left alone.
void finish_pass(State& state, StepValues& values, const Rates& now, const StepContext& context);

/// One training step: forward, backward, gradients averaged over ranks, clipped per part, AdamW,
/// teacher average. On a loss that is not finite, weights are left alone (but nothing is thrown);
/// on gradients that overflowed under a loss scale, the student's are.
StepValues train_step(State& state,
                      const Batch& batch,
                      const Rates& now,
                      const StepContext& context);

}  // namespace troodon::train
