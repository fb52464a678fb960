#include "run/settings.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "kernels/backend.hpp"
#include "model/checkpoint.hpp"
#include "run/guide.hpp"
#include "run/preset.hpp"

namespace troodon::run {
namespace {

/// Gives `config` the preset's values; where they differ from the defaults, it is their origin.
void apply_preset(const SettingLayers& layers, ResolvedSettings& out, std::vector<Setting>& list) {
  const bool cuda = kernels::resolve_device(layers.device) != "cpu";
  Preset preset =
      choose_preset(look_at(data::open_source(layers.data)), this_machine(), cuda, layers.minutes);
  const auto chosen = settings_of(preset.config);
  for (size_t i = 0; i < list.size(); ++i) {
    if (value_text(list[i]) != value_text(chosen[i])) list[i].origin = "preset";
  }
  out.config = preset.config;
  out.reasons = preset.reasons;
}

void apply_as(std::vector<Setting>& list,
              const std::string& origin,
              const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [key, value] : values) {
    apply_override(list, key + "=" + value);
    for (Setting& setting : list) {
      if (setting.key == key) setting.origin = origin;
    }
  }
}

/// What a student must have in common with its frozen teacher.
void apply_teacher(const fs::path& teacher, std::vector<Setting>& list) {
  train::TrainConfig theirs = guide_config(teacher);
  const std::vector<std::string> shared = {"dino.head_n_prototypes",
                                           "ibot.separate_head",
                                           "ibot.head_n_prototypes",
                                           "student.patch_size",
                                           "train.centering"};
  std::vector<std::pair<std::string, std::string>> values;
  for (const Setting& setting : settings_of(theirs)) {
    if (std::find(shared.begin(), shared.end(), setting.key) != shared.end())
      values.emplace_back(setting.key, value_text(setting));
  }
  apply_as(list, "the teacher's run", values);
}

/// The network of a finished backbone, and what keeps its quality while new heads learn.
void apply_start(const fs::path& from, std::vector<Setting>& list) {
  const model::Backbone start = model::load_backbone(from, {.contents = model::Contents::mapped});
  const model::VitConfig& vit = start.config;
  const auto yes_or_no = [](bool value) { return std::string(value ? "true" : "false"); };
  apply_as(list,
           "--from",
           {{"student.pretrained_weights", "'" + from.string() + "'"},
            {"student.arch", fmt::format("vit_{}x{}x{}", vit.embed_dim, vit.depth, vit.num_heads)},
            {"student.patch_size", std::to_string(vit.patch_size)},
            {"student.ffn_layer", vit.ffn_layer},
            {"student.layerscale", fmt::format("{}", vit.init_values)},
            {"student.num_register_tokens", std::to_string(vit.num_register_tokens)},
            {"student.qkv_bias", yes_or_no(vit.qkv_bias)},
            {"student.proj_bias", yes_or_no(vit.proj_bias)},
            {"student.ffn_bias", yes_or_no(vit.ffn_bias)},
            {"continuation.head_warmup", "0.3"},
            {"continuation.backbone_lr_mult", "0.1"},
            {"continuation.max_drift", "0.2"},
            {"continuation.max_knn_loss", "1"}});
}

void apply_flag(std::vector<Setting>& list,
                const std::string& flag,
                const std::string& key,
                const std::string& value) {
  for (Setting& setting : list) {
    if (setting.key != key) continue;
    if (auto* text = std::get_if<std::string*>(&setting.value)) **text = value;
    if (auto* number = std::get_if<int64_t*>(&setting.value)) **number = std::stoll(value);
    setting.origin = flag;
  }
}

void apply_flags(const SettingLayers& layers, std::vector<Setting>& list) {
  if (!layers.data.empty()) apply_flag(list, "--data", "train.dataset_path", layers.data);
  if (!layers.out.empty()) apply_flag(list, "--out", "train.output_dir", layers.out.string());
  if (!layers.teacher.empty()) {
    apply_flag(list, "--teacher", "distillation.checkpoint_path", layers.teacher.string());
  }
  if (layers.device != "auto") apply_flag(list, "--device", "troodon.device", layers.device);
  if (layers.threads > 0) {
    apply_flag(list, "--threads", "troodon.threads", std::to_string(layers.threads));
  }
  if (layers.seed >= 0) apply_flag(list, "--seed", "train.seed", std::to_string(layers.seed));
}

/// All layers that are written down, in order of authority.
void apply_words(const SettingLayers& layers, std::vector<Setting>& list) {
  for (const fs::path& file : layers.configs) apply_yaml(list, file);
  apply_flags(layers, list);
  for (const std::string& assignment : layers.overrides) apply_override(list, assignment);
}

/// The pictures that a file or an override names; without any, there is nothing to learn from. The
/// preset looks at them, so they come before the rest is resolved.
std::string pictures_named(const SettingLayers& layers) {
  train::TrainConfig named;
  auto list = settings_of(named);
  apply_words(layers, list);
  for (const Setting& setting : list) {
    if (setting.key == "train.dataset_path" && setting.origin != Setting().origin)
      return named.train.dataset_path;
  }
  fail(Exit::usage, "no pictures are named; add --data DIR, or set train.dataset_path");
}

}  // namespace

ResolvedSettings resolve_settings(const SettingLayers& layers) {
  ResolvedSettings out;
  auto list = settings_of(out.config);
  if (layers.configs.empty() && !layers.data.empty()) apply_preset(layers, out, list);
  if (!layers.teacher.empty()) apply_teacher(layers.teacher, list);
  if (!layers.from.empty()) apply_start(layers.from, list);
  apply_words(layers, list);
  out.config.validate();
  for (const Setting& setting : list) out.origins.push_back(setting.origin);
  return out;
}

train::TrainConfig settings_of_run(RunOptions& run, SettingLayers layers) {
  if (run.resume) {
    train::TrainConfig saved = saved_config(run.out);
    auto settings = settings_of(saved);
    for (const auto& assignment : layers.overrides) apply_override(settings, assignment);
    if (run.data.empty()) run.data = saved.train.dataset_path;
    return saved;
  }
  if (run.data.empty()) run.data = pictures_named(layers);
  layers.data = run.data;
  layers.out = run.out;
  const ResolvedSettings resolved = resolve_settings(layers);
  for (const auto& reason : resolved.reasons) log_info("{}", reason);
  return resolved.config;
}

}  // namespace troodon::run
