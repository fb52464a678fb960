#pragma once

#include "train/config.hpp"

namespace troodon::bench {

/// Products and sums (a multiply-add counts two) that one training step needs on one process, with
/// `masked` patches in all: what model FLOP utilisation counts, whatever is computed again.
///   a block with t tokens of width D:  24 t D^2 (its linear layers) + 4 t^2 D (attention)
///   a head with r rows:                2 r (D H + H^2 + H B + B K)
/// The teacher goes forward over the global crops; the student over all crops forward and, for
/// twice as much, backward.
inline double step_flops(const train::TrainConfig& config, int64_t masked) {
  const model::VitConfig vit = config.student_vit();
  const auto width = static_cast<double>(vit.embed_dim), depth = static_cast<double>(vit.depth);
  const auto patch = static_cast<double>(vit.patch_size);
  const auto crop = [&](int64_t pixels) {
    const double patches = static_cast<double>(pixels * pixels) / (patch * patch);
    const double tokens = patches + 1 + static_cast<double>(vit.num_register_tokens);
    return 6 * patches * patch * patch * width +
           depth * (24 * tokens * width * width + 4 * tokens * tokens * width);
  };
  const auto head = [&](const model::HeadConfig& h, double rows) {
    const auto hidden = static_cast<double>(h.hidden_dim),
               last = static_cast<double>(h.bottleneck_dim);
    const double layers = static_cast<double>(h.nlayers);
    return 2 * rows *
           (width * hidden + (layers - 2) * hidden * hidden + hidden * last +
            last * static_cast<double>(h.out_dim));
  };
  const auto pictures = static_cast<double>(config.train.batch_size_per_gpu);
  const double globals = 2 * pictures;
  const double locals = pictures * static_cast<double>(config.crops.local_crops_number);
  const auto patches = static_cast<double>(masked);
  const auto patch_head = config.ibot.separate_head ? config.ibot_head() : config.dino_head();
  const double teacher = globals * crop(config.crops.global_crops_size) +
                         head(config.dino_head(), globals) + head(patch_head, patches);
  const double student =
      teacher + locals * crop(config.crops.local_crops_size) + head(config.dino_head(), locals);
  return teacher + 3 * student;
}

}  // namespace troodon::bench
