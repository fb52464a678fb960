#pragma once

#include <algorithm>

#include <torch/types.h>

#include "train/losses.hpp"
#include "train/step.hpp"

namespace troodon::bench {

/// Rates of some step in the middle of a run.
inline train::Rates some_rates() {
  return {.lr = 1e-4,
          .last_layer_lr = 1e-4,
          .weight_decay = 0.04,
          .momentum = 0.992,
          .teacher_temperature = 0.07};
}

/// Random crops as the settings want them; half of the global ones masked, their ratios spread over
/// [0.1, 0.5].
inline train::Batch random_batch(const train::TrainConfig& config) {
  const auto& sizes = config.crops;
  const int64_t pictures = config.train.batch_size_per_gpu, crops = 2 * pictures;
  const int64_t tokens = config.global_patches();
  train::Batch batch;
  batch.global_crops = torch::randn({crops, 3, sizes.global_crops_size, sizes.global_crops_size});
  batch.local_crops = torch::randn(
      {sizes.local_crops_number * pictures, 3, sizes.local_crops_size, sizes.local_crops_size});
  batch.masks = torch::zeros({crops, tokens}, torch::kBool);
  for (int64_t i = 0; i < crops / 2; ++i) {
    const double ratio =
        crops > 2 ? 0.1 + 0.4 * static_cast<double>(i) / static_cast<double>(crops / 2 - 1) : 0.3;
    const auto hidden = torch::randperm(tokens).slice(
        0, 0, std::max<int64_t>(static_cast<int64_t>(tokens * ratio), 1));
    batch.masks[2 * i].index_fill_(0, hidden, true);
  }
  batch.mask_indices = batch.masks.flatten().nonzero().flatten();
  batch.masks_weight = train::masks_weight(batch.masks);
  return batch;
}

}  // namespace troodon::bench
