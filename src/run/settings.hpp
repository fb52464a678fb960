#pragma once

#include "run/pretrain.hpp"

namespace troodon::run {

/// Where a run's settings come from.
struct SettingsRequest {
  std::vector<fs::path> configs;       ///< YAML, applied in order; none: the preset is chosen
  std::vector<std::string> overrides;  ///< key.path=value, applied last
  double minutes = 0;                  ///< that the chosen preset should take; 0: 20
  int64_t seed = -1;                   ///< of weights, order, crops and masks; -1: the default
  std::string device = "auto";
  int threads = 0;  ///< 0: all cores
};

/// Defaults, then the preset where no file is named (its reasons are logged), then files, then
/// key=value; with run.resume the saved settings, then key=value. Throws Error (exit 3) for a wrong
/// setting, (exit 4) where there are no pictures or no run to resume.
train::TrainConfig resolve_settings(const RunOptions& run, const SettingsRequest& request);

}  // namespace troodon::run
