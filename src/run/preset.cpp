#include "run/preset.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/images.hpp"

namespace troodon::run {
namespace {

/// Multiply-adds of one picture's step, times two: backbone and heads, student forward and backward
/// (6 per weight and token) and teacher forward (2). Attention itself is left out: it is small
/// here.
double flops_per_picture(const train::TrainConfig& config) {
  const auto vit = config.student_vit();
  const auto tokens = [&](int64_t size) {
    return std::pow(static_cast<double>(size / config.student.patch_size), 2) + 1;
  };
  const double backbone = 12.0 * static_cast<double>(vit.depth * vit.embed_dim * vit.embed_dim);
  const double global = 2 * tokens(config.crops.global_crops_size);
  const double local =
      static_cast<double>(config.crops.local_crops_number) * tokens(config.crops.local_crops_size);
  const auto& d = config.dino;
  const double head = static_cast<double>(
      vit.embed_dim * d.head_hidden_dim + d.head_hidden_dim * d.head_hidden_dim +
      d.head_hidden_dim * d.head_bottleneck_dim + d.head_bottleneck_dim * d.head_n_prototypes);
  const double rows = 2 + static_cast<double>(config.crops.local_crops_number) + 0.15 * global;
  return backbone * (6 * (global + local) + 2 * global) +
         head * (6 * rows + 2 * (2 + 0.15 * global));
}

/// What a machine really reaches in training, FLOP/s; measured with bench_train_step, rounded down.
double machine_rate(const Machine& machine, bool cuda) {
  if (cuda) return 4e13;
  const double rate = machine.has_bfloat16()                                  ? 7e10
                      : machine.features.find("avx512f") != std::string::npos ? 5e10
                                                                              : 3e10;
  return static_cast<double>(machine.cores) * rate;
}

/// What configs/recipes/small_pictures.yaml found: a small network wakes up sooner with LayerScale
/// 1 and every layer at the full rate, learns more from many small batches than from few large
/// ones, needs few prototypes, sharp targets and little blur, and sees whole pictures best at twice
/// the size of its crops.
void small_network(train::TrainConfig& config, int64_t short_side) {
  const bool small = short_side < 160;
  config.student.arch = "vit_192x6x3";
  config.student.patch_size = small ? 8 : 16;
  config.student.layerscale = 1.0;
  config.student.drop_path_rate = 0;
  config.crops.global_crops_size = small ? 48 : 96;
  config.crops.local_crops_size = small ? 24 : 48;
  config.crops.local_crops_number = 4;
  config.troodon.image_size = 2 * config.crops.global_crops_size;
  config.dino.head_n_prototypes = 128;
  config.dino.head_hidden_dim = 512;
  config.dino.head_bottleneck_dim = 128;
  config.teacher.momentum_teacher = 0.99;
  config.teacher.teacher_temp = 0.02;
  config.teacher.warmup_teacher_temp = 0.02;
  config.optim.base_lr = 1e-3;
  config.optim.layerwise_decay = 1.0;
  config.optim.patch_embed_lr_mult = 1.0;
  config.optim.weight_decay_end = 0.1;
  config.troodon.blur_sigma_max = small ? 0.5 : 0.9;
}

}  // namespace

DataFacts look_at(const data::Source& source) {
  DataFacts facts{.images = static_cast<int64_t>(source.items.size())};
  const auto order = Random(1).permutation(facts.images);
  std::vector<int64_t> sides;
  std::string reason;
  for (const int64_t index : order) {
    const auto picture = data::read_picture(source.items[static_cast<size_t>(index)]);
    if (picture) sides.push_back(std::min(picture->width, picture->height));
    if (!picture) reason = picture.reason();
    if (sides.size() == 32) break;
  }
  if (sides.empty())
    fail(Exit::input, "none of the {} pictures can be read; the last: {}", facts.images, reason);
  std::nth_element(
      sides.begin(), sides.begin() + static_cast<int64_t>(sides.size() / 2), sides.end());
  facts.short_side = sides[sides.size() / 2];
  return facts;
}

Preset choose_preset(const DataFacts& data, const Machine& machine, bool cuda, double minutes) {
  if (minutes <= 0) minutes = 20;
  Preset out;
  train::TrainConfig& config = out.config;
  const auto because = [&](const std::string& sentence) { out.reasons.push_back(sentence); };
  config.train.centering = "sinkhorn_knopp";
  config.train.seed = 0;
  config.troodon.precision = !cuda && machine.has_bfloat16() ? "bf16" : "auto";
  because(
      fmt::format("{} pictures of about {} px, {}: about {:.0f} min",
                  data.images,
                  data.short_side,
                  cuda ? std::string("a CUDA device") : fmt::format("{} CPU cores", machine.cores),
                  minutes));
  if (cuda && data.short_side >= 160) {
    config.student.arch = "vit_small";
    config.student.patch_size = 14;
    config.crops.local_crops_size = 98;
    config.dino.head_n_prototypes = 16384;
    config.student.drop_path_rate = 0.1;
    config.teacher.momentum_teacher = 0.994;
    because(
        "a ViT-S/14 on 224-pixel crops: the size of the released models, small enough for one GPU");
  } else {
    small_network(config, data.short_side);
    if (cuda) config.student.arch = "vit_384x8x6";
    because(
        fmt::format("{}, patch {}, crops of {} and {} pixels, blur cut to that size: what {} "
                    "trains in that time",
                    config.student.arch,
                    config.student.patch_size,
                    config.crops.global_crops_size,
                    config.crops.local_crops_size,
                    cuda ? "a GPU" : "a CPU"));
  }
  config.train.batch_size_per_gpu = std::clamp<int64_t>(data.images / 8, 8, cuda ? 128 : 16);
  because(
      fmt::format("batch {}, peak learning rate {:.2g} ({:.2g} x sqrt(batch / 1024)), Sinkhorn "
                  "centring: steady with small batches",
                  config.train.batch_size_per_gpu,
                  config.peak_lr(1),
                  config.optim.base_lr));
  const double pictures = minutes * 60 * machine_rate(machine, cuda) / flops_per_picture(config);
  const double most = 400.0 * static_cast<double>(data.images);
  const auto steps =
      static_cast<int64_t>(std::min(pictures, most)) / config.train.batch_size_per_gpu;
  config.train.epoch_length = std::max<int64_t>(steps / 100, 2);
  because(fmt::format("{} steps, {:.1f} passes over the pictures; schedules are cut to that",
                      config.total_steps(),
                      static_cast<double>(config.total_steps() * config.train.batch_size_per_gpu) /
                          static_cast<double>(data.images)));
  config.troodon.save_every = std::max<int64_t>(config.total_steps() / 20, 10);
  return out;
}

}  // namespace troodon::run
