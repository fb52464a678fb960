#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/config.hpp"
#include "model/head.hpp"
#include "model/vit.hpp"
#include "train/sections.hpp"

namespace troodon::train {

/// The settings of a pretraining run: official sections, and `troodon` for what is ours alone.
struct TrainConfig {
  WeightsSection model;
  ComputePrecision compute_precision;
  DinoSection dino;
  IbotSection ibot;
  TrainSection train;
  StudentSection student;
  TeacherSection teacher;
  OptimSection optim;
  CropsSection crops;
  EvaluationSection evaluation;
  DistillationSection distillation;
  ContinuationSection continuation;
  CopiesSection copies;
  TroodonSection troodon;
  void fields(auto& f) {
    f("MODEL", model), f("compute_precision", compute_precision), f("dino", dino), f("ibot", ibot);
    f("train", train), f("student", student), f("teacher", teacher), f("optim", optim);
    f("crops", crops), f("evaluation", evaluation), f("distillation", distillation);
    f("continuation", continuation), f("copies", copies), f("troodon", troodon);
  }

  /// Steps of the whole run: epochs * OFFICIAL_EPOCH_LENGTH.
  int64_t total_steps() const { return optim.epochs * train.epoch_length; }
  /// Steps this run really makes: total_steps, or troodon.max_steps if that is fewer.
  int64_t steps() const;
  /// Peak learning rate: optim.lr, or base_lr * sqrt(batch_size_per_gpu * world_size / 1024).
  double peak_lr(int64_t world_size) const;
  int64_t save_period() const;
  /// troodon.image_size, or crops.global_crops_size if it is 0.
  int64_t image_size() const;
  /// Whether crops of all sizes go through the student as one sequence.
  bool packed() const { return troodon.packing != "per_size"; }
  /// Whether a frozen teacher teaches: then nothing is hidden from the student, nor dropped.
  bool distils() const { return !distillation.checkpoint_path.empty(); }
  /// Whether features are compared with those of the backbone that the run starts from.
  bool watches_quality() const {
    return !student.pretrained_weights.empty() &&
           (continuation.max_drift > 0 || continuation.max_knn_loss > 0);
  }
  bool sinkhorn() const { return train.centering == "sinkhorn_knopp"; }
  /// Patches of a global crop.
  int64_t global_patches() const;

  model::VitConfig student_vit() const;
  /// The student's network without stochastic depth.
  model::VitConfig teacher_vit() const;
  model::HeadConfig dino_head() const;
  /// The iBOT head's own shape; in use only with ibot.separate_head.
  model::HeadConfig ibot_head() const;

  /// Throws Error (exit 3) that names the setting, what is wrong and what to write instead.
  void validate() const;
};

/// Defaults, then the YAML files in order, then key=value overrides; validated. Throws Error.
TrainConfig load_config(const std::vector<fs::path>& files,
                        const std::vector<std::string>& overrides = {});

}  // namespace troodon::train
