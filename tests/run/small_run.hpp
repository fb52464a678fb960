#pragma once

#include <ATen/Parallel.h>

#include "../data/folder.hpp"
#include "base/random.hpp"
#include "image/encode.hpp"
#include "train/step.hpp"

// A run small enough for a unit test.
namespace troodon::run {

inline train::TrainConfig small_config(const std::vector<std::string>& more = {}) {
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
  return train::load_config({}, all);
}

inline train::State small_state(const train::TrainConfig& config, uint64_t seed) {
  at::set_num_threads(1);  // more only wait for each other on networks this small
  torch::manual_seed(seed);
  return train::State(config, torch::kCPU);
}

/// `count` PNG files of noise, 20 x 24 pixels, drawn from `seed`.
inline void put_pictures(const data::Folder& folder, int count, uint64_t seed) {
  for (int i = 0; i < count; ++i) {
    Random random(mix(seed, static_cast<uint64_t>(i)));
    image::Image picture(20, 24);
    for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
    image::write(folder.path() / (std::to_string(i) + ".png"), picture);
  }
}

}  // namespace troodon::run
