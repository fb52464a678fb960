#pragma once

#include <vector>

#include "data/source.hpp"
#include "report/report.hpp"
#include "run/pretrain.hpp"
#include "train/step.hpp"

namespace troodon::run {

/// What a run's page is made from, besides its metrics.jsonl.
struct ReportInputs {
  const train::TrainConfig& config;
  const RunOptions& options;
  const data::Source& source;
  std::vector<report::Finding> findings;
};

/// The page of a run: facts, health, curves, crops with their masks, PCA pictures of patch
/// features, nearest neighbours. Throws Error.
void write_report(const fs::path& file, const ReportInputs& inputs, train::State& state);

}  // namespace troodon::run
