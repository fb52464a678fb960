#pragma once

#include <memory>

#include <CLI/CLI.hpp>

#include "run/pretrain.hpp"
#include "run/settings.hpp"
#include "verbs.hpp"

namespace troodon::cli {

/// What the verbs that train have in common.
struct TrainArgs {
  std::string verb;
  Common common;
  run::RunOptions run;
  run::SettingLayers layers;
  std::vector<std::string> students;  ///< architectures that learn together; none: the settings'
  bool dry_run = false;
};

/// Adds all flags and the callback, which trains and leaves its exit code in `status`.
void add_training(CLI::App& verb, const std::shared_ptr<TrainArgs>& args, int& status);

}  // namespace troodon::cli
