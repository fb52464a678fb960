#include "train/config.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "base/error.hpp"
#include "model/arch.hpp"

namespace troodon::train {
namespace {

/// Fails unless `good`, naming the setting, its value and what it wants.
template <class Value>
void want(bool good, std::string_view key, const Value& value, std::string_view wanted) {
  if (!good) fail(Exit::config, "{} is {}: {}", key, value, wanted);
}

void check_choice(std::string_view key,
                  std::string_view value,
                  std::initializer_list<std::string_view> known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  std::string list;
  for (const auto name : known) list += (list.empty() ? "" : " or ") + std::string(name);
  fail(Exit::config, "{} is '{}': write {}", key, value, list);
}

void check_range(std::string_view key, const std::vector<double>& range) {
  if (range.size() == 2 && range[0] >= 0 && range[0] <= range[1] && range[1] <= 1) return;
  fail(Exit::config, "{}: write [low, high] with 0 <= low <= high <= 1", key);
}

void check_crop(std::string_view key, int64_t size, int64_t patch) {
  if (size > 0 && size % patch == 0) return;
  const int64_t below = size / patch * patch;
  fail(Exit::config,
       "{} is {} pixels, no multiple of student.patch_size {}: write {} or {}",
       key,
       size,
       patch,
       std::max(below, patch),
       std::max(below, patch) + patch);
}

void check_crops(const TrainConfig& c) {
  want(c.student.patch_size > 0, "student.patch_size", c.student.patch_size, "it must be positive");
  check_crop("crops.global_crops_size", c.crops.global_crops_size, c.student.patch_size);
  want(c.crops.local_crops_number >= 0,
       "crops.local_crops_number",
       c.crops.local_crops_number,
       "write 0 (no local crops) or more");
  if (c.crops.local_crops_number > 0) {
    check_crop("crops.local_crops_size", c.crops.local_crops_size, c.student.patch_size);
  }
  if (c.troodon.image_size != 0) {
    check_crop("troodon.image_size", c.troodon.image_size, c.student.patch_size);
  }
  check_range("crops.global_crops_scale", c.crops.global_crops_scale);
  check_range("crops.local_crops_scale", c.crops.local_crops_scale);
  check_range("ibot.mask_ratio_min_max", c.ibot.mask_ratio_min_max);
  const double p = c.ibot.mask_sample_probability;
  want(p >= 0 && p <= 1, "ibot.mask_sample_probability", p, "write a part between 0 and 1");
}

void check_losses(const TrainConfig& c) {
  want(c.train.batch_size_per_gpu > 0,
       "train.batch_size_per_gpu",
       c.train.batch_size_per_gpu,
       "write 1 or more");
  want(
      c.train.batch_size_per_gpu > 1 || c.dino.koleo_loss_weight == 0 || c.troodon.batch_over_ranks,
      "train.batch_size_per_gpu",
      c.train.batch_size_per_gpu,
      "KoLeo pushes the pictures of a batch apart and needs two; write 2 or more, or set "
      "dino.koleo_loss_weight=0");
  want(c.dino.loss_weight > 0 || c.ibot.loss_weight > 0,
       "dino.loss_weight",
       c.dino.loss_weight,
       "ibot.loss_weight is 0 as well, so there is nothing to learn from");
  want(c.dino.head_n_prototypes > 1,
       "dino.head_n_prototypes",
       c.dino.head_n_prototypes,
       "write 2 or more (tens of thousands are usual)");
  want(c.ibot.head_n_prototypes > 1,
       "ibot.head_n_prototypes",
       c.ibot.head_n_prototypes,
       "write 2 or more (tens of thousands are usual)");
  check_choice("troodon.packing", c.troodon.packing, {"auto", "packed", "per_size"});
  check_choice("train.centering", c.train.centering, {"centering", "sinkhorn_knopp"});
}

void check_copies(const TrainConfig& c) {
  if (!c.copies.learn) return;
  want(!c.distils(),
       "copies.learn",
       c.copies.learn,
       "copies have no frozen teacher; leave --teacher out");
  want(c.copies.temperature > 0,
       "copies.temperature",
       c.copies.temperature,
       "temperatures must be positive");
  want(c.copies.spread_loss_weight >= 0,
       "copies.spread_loss_weight",
       c.copies.spread_loss_weight,
       "write 0 (left out) or more");
  check_range("copies.crops_scale", c.copies.crops_scale);
  want(c.copies.mixed >= 0 && c.copies.mixed <= 1,
       "copies.mixed",
       c.copies.mixed,
       "write a part between 0 and 1");
  want(c.train.batch_size_per_gpu > 1,
       "train.batch_size_per_gpu",
       c.train.batch_size_per_gpu,
       "copies are told from the batch's other pictures; write 2 or more (hundreds are good)");
  want(c.crops.local_crops_number == 0,
       "crops.local_crops_number",
       c.crops.local_crops_number,
       "copies.learn has two views of a picture and no local crops; write 0");
}

void check_continuation(const TrainConfig& c) {
  const auto& given = c.continuation;
  want(given.head_warmup >= 0 && given.head_warmup <= 1,
       "continuation.head_warmup",
       given.head_warmup,
       "write a part of the run between 0 and 1");
  want(given.backbone_lr_mult >= 0,
       "continuation.backbone_lr_mult",
       given.backbone_lr_mult,
       "write 0 (the backbone rests) or more");
  want(given.max_drift >= 0 && given.max_drift < 1,
       "continuation.max_drift",
       given.max_drift,
       "write a distance between 0 (not watched) and 1");
  want(given.max_knn_loss >= 0,
       "continuation.max_knn_loss",
       given.max_knn_loss,
       "write points of kNN, 0 (not watched) or more");
  want(given.check_every > 0, "continuation.check_every", given.check_every, "write 1 or more");
  want(!c.watches_quality() || c.troodon.sharding == "none",
       "troodon.sharding",
       c.troodon.sharding,
       "continuation.max_drift and max_knn_loss need whole networks; write none, or leave them 0");
}

void check_schedule(const TrainConfig& c) {
  check_choice("optim.scaling_rule", c.optim.scaling_rule, {"sqrt_wrt_1024"});
  want(c.train.epoch_length > 0,
       "train.OFFICIAL_EPOCH_LENGTH",
       c.train.epoch_length,
       "an epoch has at least one step");
  want(c.optim.epochs > 0, "optim.epochs", c.optim.epochs, "write 1 or more");
  want(c.optim.warmup_epochs >= 0 && c.optim.warmup_epochs <= c.optim.epochs,
       "optim.warmup_epochs",
       c.optim.warmup_epochs,
       "write 0 or more, at most optim.epochs");
  const int64_t freeze = c.optim.freeze_last_layer_epochs;
  want(freeze >= 0 && freeze <= c.optim.epochs,
       "optim.freeze_last_layer_epochs",
       freeze,
       "write 0 or more, at most optim.epochs");
  want(c.teacher.warmup_teacher_temp > 0 && c.teacher.teacher_temp > 0,
       "teacher.teacher_temp",
       c.teacher.teacher_temp,
       "temperatures must be positive");
  const double momentum = c.teacher.momentum_teacher;
  want(momentum >= 0 && momentum <= 1,
       "teacher.momentum_teacher",
       momentum,
       "write a part between 0 (the teacher is the student) and 1 (it never moves)");
}

}  // namespace

int64_t TrainConfig::steps() const {
  return troodon.max_steps > 0 ? std::min(troodon.max_steps, total_steps()) : total_steps();
}

double TrainConfig::peak_lr(int64_t world_size) const {
  if (optim.lr > 0) return optim.lr;
  const auto batch = static_cast<double>(train.batch_size_per_gpu * world_size);
  return optim.base_lr * std::sqrt(batch / 1024.0);
}

int64_t TrainConfig::save_period() const {
  return troodon.save_every > 0 ? troodon.save_every : 3 * train.epoch_length;
}

int64_t TrainConfig::image_size() const {
  return troodon.image_size > 0 ? troodon.image_size : crops.global_crops_size;
}

int64_t TrainConfig::global_patches() const {
  const int64_t side = crops.global_crops_size / student.patch_size;
  return side * side;
}

model::VitConfig TrainConfig::student_vit() const {
  model::VitConfig vit = model::arch_config(student.arch, student.patch_size);
  vit.img_size = crops.global_crops_size;
  vit.qkv_bias = student.qkv_bias;
  vit.proj_bias = student.proj_bias;
  vit.ffn_bias = student.ffn_bias;
  vit.drop_path_rate = distils() ? 0 : student.drop_path_rate;
  vit.drop_path_uniform = student.drop_path_uniform;
  vit.init_values = student.layerscale;
  vit.ffn_layer = student.ffn_layer;
  vit.num_register_tokens = student.num_register_tokens;
  vit.interpolate_antialias = student.interpolate_antialias;
  vit.interpolate_offset = student.interpolate_offset;
  return vit;
}

model::VitConfig TrainConfig::teacher_vit() const {
  model::VitConfig vit = student_vit();
  vit.drop_path_rate = 0;
  return vit;
}

model::HeadConfig TrainConfig::dino_head() const {
  return {.in_dim = student_vit().embed_dim,
          .out_dim = dino.head_n_prototypes,
          .nlayers = dino.head_nlayers,
          .hidden_dim = dino.head_hidden_dim,
          .bottleneck_dim = dino.head_bottleneck_dim};
}

model::HeadConfig TrainConfig::ibot_head() const {
  return {.in_dim = student_vit().embed_dim,
          .out_dim = ibot.head_n_prototypes,
          .nlayers = ibot.head_nlayers,
          .hidden_dim = ibot.head_hidden_dim,
          .bottleneck_dim = ibot.head_bottleneck_dim};
}

void TrainConfig::validate() const {
  want(model.weights.empty(),
       "MODEL.WEIGHTS",
       model.weights,
       "a whole training state can't be loaded into a new run; go on with --resume, or start from "
       "its backbone with student.pretrained_weights");
  check_choice(
      "student.ffn_layer", student.ffn_layer, {"mlp", "swiglu", "swiglufused", "identity"});
  check_choice("troodon.device", troodon.device, {"auto", "cpu", "cuda"});
  check_choice("troodon.sharding", troodon.sharding, {"none", "full"});
  check_choice(
      "troodon.precision", troodon.precision, {"auto", "fp32", "bf16", "fp16", "official"});
  for (const NetworkPrecision* network : {&compute_precision.student, &compute_precision.teacher}) {
    for (const auto& [part, module] : {std::pair{"backbone", &network->backbone},
                                       {"dino_head", &network->dino_head},
                                       {"ibot_head", &network->ibot_head}}) {
      check_choice(fmt::format("compute_precision.*.{}.mixed_precision.param_dtype", part),
                   module->mixed_precision.param_dtype,
                   {"fp32", "bf16", "fp16"});
    }
  }
  want(student.drop_path_rate >= 0 && student.drop_path_rate < 1,
       "student.drop_path_rate",
       student.drop_path_rate,
       "write a part between 0 and 1, 1 excluded");
  check_crops(*this);
  student_vit();  // fails on an unknown architecture
  check_losses(*this);
  check_schedule(*this);
  check_continuation(*this);
  check_copies(*this);
}

TrainConfig load_config(const std::vector<fs::path>& files,
                        const std::vector<std::string>& overrides) {
  TrainConfig config;
  auto settings = settings_of(config);
  for (const fs::path& file : files) apply_yaml(settings, file);
  for (const std::string& assignment : overrides) apply_override(settings, assignment);
  config.validate();
  return config;
}

}  // namespace troodon::train
