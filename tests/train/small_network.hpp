#pragma once

#include <ATen/Parallel.h>

#include "train/losses.hpp"
#include "train/step.hpp"

// A network small enough for a unit test.
namespace troodon::train {

inline TrainConfig small_config(const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{"student.arch=vit_16x2x2",
                               "student.patch_size=4",
                               "crops.global_crops_size=16",
                               "crops.local_crops_size=8",
                               "crops.local_crops_number=2",
                               "dino.head_n_prototypes=12",
                               "dino.head_hidden_dim=16",
                               "dino.head_bottleneck_dim=8",
                               "train.batch_size_per_gpu=4"};
  all.insert(all.end(), more.begin(), more.end());
  return load_config({}, all);
}

inline State small_state(const TrainConfig& config, uint64_t seed) {
  at::set_num_threads(1);  // more only wait for each other on networks this small
  torch::manual_seed(seed);
  return State(config, torch::kCPU);
}

/// Random pictures; every second global crop has its first three patches masked.
inline Batch small_batch(const TrainConfig& config, uint64_t seed) {
  torch::manual_seed(seed);
  const int64_t b = config.train.batch_size_per_gpu, n = config.crops.local_crops_number;
  Batch batch{.global_crops = torch::randn({2 * b, 3, 16, 16}),
              .local_crops = torch::randn({n * b, 3, 8, 8})};
  batch.masks = torch::zeros({2 * b, 16}, torch::kBool);
  batch.masks.slice(0, 0, 2 * b, 2).slice(1, 0, 3).fill_(true);
  batch.mask_indices = batch.masks.flatten().nonzero().flatten();
  batch.masks_weight = masks_weight(batch.masks);
  return batch;
}

}  // namespace troodon::train
