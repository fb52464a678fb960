#include "train/schedules.hpp"

#include <cmath>
#include <numbers>

namespace troodon::train {

double CosineSchedule::at(int64_t step) const {
  if (step >= total_steps) return final_value;
  if (step < frozen_steps) return 0;
  const int64_t warmup_end = frozen_steps + warmup_steps;
  if (step < warmup_end) {
    if (warmup_steps == 1) return start_warmup_value;
    const double part =
        static_cast<double>(step - frozen_steps) / static_cast<double>(warmup_steps - 1);
    return start_warmup_value + part * (base_value - start_warmup_value);
  }
  const double part =
      static_cast<double>(step - warmup_end) / static_cast<double>(total_steps - warmup_end);
  return final_value + 0.5 * (base_value - final_value) * (1 + std::cos(std::numbers::pi * part));
}

Schedules::Schedules(const TrainConfig& config, int64_t world_size) {
  const int64_t steps = config.total_steps(), epoch = config.train.epoch_length;
  const auto& optim = config.optim;
  const auto& teacher = config.teacher;
  const int64_t temperature_steps = teacher.warmup_teacher_temp_epochs * epoch;
  lr = {.base_value = config.peak_lr(world_size),
        .final_value = optim.min_lr,
        .total_steps = steps,
        .warmup_steps = optim.warmup_epochs * epoch};
  weight_decay = {.base_value = optim.weight_decay,
                  .final_value = optim.weight_decay_end,
                  .total_steps = steps};
  momentum = {.base_value = teacher.momentum_teacher,
              .final_value = teacher.final_momentum_teacher,
              .total_steps = steps};
  teacher_temperature = {.base_value = teacher.teacher_temp,
                         .final_value = teacher.teacher_temp,
                         .total_steps = temperature_steps,
                         .warmup_steps = temperature_steps,
                         .start_warmup_value = teacher.warmup_teacher_temp};
  last_layer_frozen_steps = optim.freeze_last_layer_epochs * epoch;
  backbone_frozen_steps =
      std::llround(config.continuation.head_warmup * static_cast<double>(config.steps()));
  backbone_lr_mult = config.continuation.backbone_lr_mult;
}

Rates Schedules::at(int64_t step) const {
  const double now = lr.at(step);
  return {.lr = now,
          .last_layer_lr = step < last_layer_frozen_steps ? 0 : now,
          .backbone = step < backbone_frozen_steps ? 0 : backbone_lr_mult,
          .weight_decay = weight_decay.at(step),
          .momentum = momentum.at(step),
          .teacher_temperature = teacher_temperature.at(step)};
}

}  // namespace troodon::train
