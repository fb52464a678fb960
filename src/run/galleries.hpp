#pragma once

#include <vector>

#include "data/source.hpp"
#include "model/vit.hpp"
#include "report/report.hpp"
#include "train/config.hpp"

namespace troodon::run {

/// The pictures of a run's page: nearest neighbours, PCA of patch features, crops with their masks.
/// Drawn from the source by the run's seed; none where no picture can be read.
std::vector<report::Gallery> galleries(const data::Source& source,
                                       const train::TrainConfig& config,
                                       model::VisionTransformer& backbone);

}  // namespace troodon::run
