#pragma once

#include "base/file.hpp"
#include "train/step.hpp"

namespace troodon::run {

/// The settings of the run that a frozen teacher comes from: `path` is its folder (its newest
/// checkpoint counts) or one of its checkpoints. Throws Error (exit 4) that says what is missing; a
/// published backbone has no heads and cannot teach.
train::TrainConfig guide_config(const fs::path& path);

/// That run's teacher, backbone and heads, without gradients, on a device; for a run with `config`,
/// which must have as many prototypes and patches. Throws Error (exit 3, 4). Source: paper section
/// 5.
train::Network load_guide(const train::TrainConfig& config, torch::Device device);

}  // namespace troodon::run
