#include "run/guide.hpp"

#include "base/error.hpp"
#include "model/tensor_io.hpp"
#include "run/checkpoints.hpp"

namespace troodon::run {
namespace {

fs::path checkpoint_of(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  if (const auto newest = latest_checkpoint(path)) return newest->file;
  fail(Exit::input,
       "{}: holds no checkpoint; name the folder of a run, or a file of its checkpoints/",
       path.string());
}

train::TrainConfig config_in(const TensorFile& file) {
  const auto found = file.metadata().find("config");
  if (found == file.metadata().end() || file.find("teacher.backbone.cls_token") == nullptr) {
    fail(Exit::input,
         "{}: is no checkpoint of a run, and a backbone alone cannot teach: its heads are missing",
         file.path().string());
  }
  train::TrainConfig config;
  auto settings = settings_of(config);
  apply_yaml_text(settings, found->second, file.path().string());
  return config;
}

int64_t patch_prototypes(const train::TrainConfig& config) {
  return config.ibot.separate_head ? config.ibot.head_n_prototypes : config.dino.head_n_prototypes;
}

void check(const train::TrainConfig& guide, const train::TrainConfig& config) {
  const auto same = [&](const char* key, int64_t theirs, int64_t ours) {
    if (theirs == ours) return;
    fail(Exit::config,
         "{} is {}, but the teacher {} has {}; they must be the same",
         key,
         ours,
         config.distillation.checkpoint_path,
         theirs);
  };
  same("dino.head_n_prototypes", guide.dino.head_n_prototypes, config.dino.head_n_prototypes);
  same("ibot.head_n_prototypes", patch_prototypes(guide), patch_prototypes(config));
  same("student.patch_size", guide.student.patch_size, config.student.patch_size);
}

}  // namespace

train::TrainConfig guide_config(const fs::path& path) {
  return config_in(TensorFile(checkpoint_of(path)));
}

train::Network load_guide(const train::TrainConfig& config, torch::Device device) {
  const TensorFile file(checkpoint_of(config.distillation.checkpoint_path));
  train::TrainConfig theirs = config_in(file);
  check(theirs, config);
  train::Network guide(theirs.teacher_vit(), theirs);
  const torch::NoGradGuard frozen;
  for (auto& item : guide->named_parameters()) {
    item.value().copy_(model::to_tensor(file.at("teacher." + item.key())));
    item.value().set_requires_grad(false);
  }
  guide->eval();
  guide->to(device);
  return guide;
}

}  // namespace troodon::run
