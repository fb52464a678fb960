#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "run/pretrain.hpp"
#include "train/config.hpp"

namespace troodon::run {

/// Where settings come from, in order of authority: defaults, then the preset (only where no file
/// is named and there are pictures to look at), then files, then flags, then key=value.
struct SettingLayers {
  std::string data;  ///< pictures; "" without: then there is no preset
  fs::path out;
  fs::path teacher;  ///< of a distillation; its heads and patches are taken over after the preset
  fs::path from;     ///< a finished backbone to go on from, safely: see apply_start()
  std::vector<fs::path> configs;
  std::vector<std::string> overrides;
  std::string device = "auto";
  double minutes = 0;  ///< for the preset; 0: its own choice
  int64_t threads = 0;
  int64_t seed = -1;  ///< -1: not given
};

/// The settings that the layers add up to, and which layer gave each its value.
struct ResolvedSettings {
  train::TrainConfig config;
  std::vector<std::string> origins;  ///< one per setting, in the order of settings_of(config)
  std::vector<std::string> reasons;  ///< the preset's sentences
};

/// Adds the layers up and validates. Throws Error (exit 3 or 4) that names the layer at fault.
ResolvedSettings resolve_settings(const SettingLayers& layers);

/// The settings of a run, new or resumed: a resumed one has those of its folder, changed by the
/// overrides; a new one those of the layers, with `run`'s data and folder. Where `run` names no
/// data, train.dataset_path does, and is noted there. Logs the preset's reasons.
train::TrainConfig settings_of_run(RunOptions& run, SettingLayers layers);

}  // namespace troodon::run
