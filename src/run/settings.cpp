#include "run/settings.hpp"

#include "base/log.hpp"
#include "kernels/backend.hpp"
#include "run/preset.hpp"

namespace troodon::run {

train::TrainConfig resolve_settings(const RunOptions& run, const SettingsRequest& request) {
  if (run.resume) {
    train::TrainConfig saved = saved_config(run.out);
    auto settings = settings_of(saved);
    for (const auto& assignment : request.overrides) apply_override(settings, assignment);
    return saved;
  }
  train::TrainConfig config;
  if (request.configs.empty()) {
    const auto facts = look_at(data::open_source(run.data));
    const auto preset = choose_preset(
        facts, this_machine(), kernels::resolve_device(request.device) != "cpu", request.minutes);
    for (const auto& reason : preset.reasons) log_info("{}", reason);
    config = preset.config;
  }
  auto settings = settings_of(config);
  for (const auto& file : request.configs) apply_yaml(settings, file);
  config.train.dataset_path = run.data;
  config.train.output_dir = run.out.string();
  config.troodon.device = request.device;
  config.troodon.threads = request.threads;
  if (request.seed >= 0) config.train.seed = request.seed;
  for (const auto& assignment : request.overrides) apply_override(settings, assignment);
  config.validate();
  return config;
}

}  // namespace troodon::run
