#pragma once

#include <string>
#include <vector>

#include "base/machine.hpp"
#include "data/source.hpp"
#include "train/config.hpp"

namespace troodon::run {

/// What the choice of a preset looks at.
struct DataFacts {
  int64_t images = 0;
  int64_t short_side = 0;  ///< median of a sample, pixels
};

/// Counts the pictures and looks at a sample of 32. Throws Error (exit 4) if none can be read.
DataFacts look_at(const data::Source& source);

/// Settings for data and machine, with a sentence for each choice.
struct Preset {
  train::TrainConfig config;
  std::vector<std::string> reasons;
};

/// Chooses network, crops, batch, learning rate and length so that a run with nothing else said
/// learns: small networks and crops for small pictures and CPUs, ViT-S/14 for a GPU. `minutes` is
/// the time the run may take on this machine; 0: 20.
Preset choose_preset(const DataFacts& data, const Machine& machine, bool cuda, double minutes);

}  // namespace troodon::run
