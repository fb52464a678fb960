#pragma once

#include <ATen/Parallel.h>

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

}  // namespace troodon::train
