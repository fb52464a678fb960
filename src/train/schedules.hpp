#pragma once

#include <cstdint>
#include <vector>

#include "train/config.hpp"

namespace troodon::train {

/// A value per step: linear warm-up (its end included), then half a cosine (spec dinov2.md 3.9).
struct CosineSchedule {
  double base_value = 0;   ///< reached at the last warm-up step and again one later
  double final_value = 0;  ///< only reached past the end
  int64_t total_steps = 0;
  int64_t warmup_steps = 0;
  double start_warmup_value = 0;
  int64_t frozen_steps = 0;  ///< these first steps are 0; the warm-up comes after them

  /// The value at `step`, counted from 0; final_value from total_steps on.
  double at(int64_t step) const;
};

/// What one step is made with.
struct Rates {
  double lr = 0;
  double last_layer_lr = 0;  ///< 0 while the prototypes are frozen
  double backbone = 1;       ///< factor of lr in the backbone; 0 while new heads warm up
  double weight_decay = 0;
  double momentum = 0;  ///< of the teacher
  double teacher_temperature = 0;
};

/// The schedules of a run.
struct Schedules {
  CosineSchedule lr, weight_decay, momentum, teacher_temperature;
  int64_t last_layer_frozen_steps = 0;  ///< so long the prototypes' learning rate is 0
  int64_t backbone_frozen_steps = 0;    ///< so long the backbone's is
  double backbone_lr_mult = 1;

  /// world_size: processes that train together; the learning rate grows with its root.
  Schedules(const TrainConfig& config, int64_t world_size);
  Rates at(int64_t step) const;
};

}  // namespace troodon::train
