#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "troodon/export.hpp"

namespace troodon {

/// What a listener hears after a step.
struct TrainProgress {
  std::int64_t step = 0;  ///< done altogether
  std::int64_t last = 0;  ///< of the whole run
  double total_loss = 0;
  double images_per_second = 0;
  double knn = -1;  ///< last probe's top-1, 0..1; -1 without a probe
};

struct TrainOptions {
  std::string data;                            ///< folder, list (.txt) or manifest (.csv)
  std::filesystem::path out;                   ///< the run's folder
  std::string probe;                           ///< labelled folder with train/ and val/, or ""
  std::vector<std::filesystem::path> configs;  ///< YAML, applied in order; none: a preset
  std::vector<std::string> settings;           ///< "key.path=value", official keys, applied last
  double minutes = 0;                          ///< that a preset should take; 0: 20
  std::int64_t seed = -1;                      ///< of all random draws; -1: 0
  bool resume = false;                         ///< go on from the newest checkpoint in `out`
  bool overwrite = false;                      ///< a run that is already in `out` is deleted
  bool strict = false;                         ///< stop at the first unreadable picture
  std::string device = "auto";                 ///< auto, cpu, cuda, cuda:N
  int threads = 0;                             ///< 0: all cores
  bool progress = false;                       ///< a progress line and messages on stderr
  std::function<void(const TrainProgress&)> on_step;  ///< on the caller's thread, after each step;
                                                      ///< what it throws ends the call
};

struct TrainResult {
  std::int64_t steps = 0;      ///< done altogether
  std::int64_t steps_now = 0;  ///< done by this call
  double seconds = 0;          ///< of this call
  double images_per_second = 0;
  double total_loss = 0;  ///< of the last step
  double knn = -1;        ///< last probe's top-1, 0..1; -1 without a probe
  double knn_untrained = -1, knn_pixels = -1;
  std::size_t bad_files = 0;
  bool interrupted = false;      ///< resume goes on bit for bit
  std::filesystem::path model;   ///< the teacher's backbone: what every other call opens
  std::filesystem::path report;  ///< one HTML page
};

/// Self-supervised pretraining: the verb `troodon train`. Throws Error; exit 3 for a wrong setting,
/// 5 when the loss is not finite.
TROODON_API TrainResult pretrain(const TrainOptions& options);

}  // namespace troodon
