#pragma once

#include <memory>

#include "data/bad_files.hpp"
#include "data/source.hpp"
#include "train/step.hpp"
#include "views/collate.hpp"
#include "views/copies.hpp"
#include "views/crops.hpp"

namespace troodon::run {

/// The views that a run's settings ask for.
views::AugmentConfig augment_config(const train::TrainConfig& config);
views::CopyConfig copy_config(const train::TrainConfig& config);
views::CollateOptions collate_options(const train::TrainConfig& config);

struct BatchesOptions {
  size_t threads = 0;      ///< that decode and augment; 0: all cores
  int64_t first_step = 0;  ///< where a resumed run continues
  int64_t last_step = 0;   ///< one past the last
  bool strict = false;
  int64_t rank = 0;   ///< this process
  int64_t world = 1;  ///< of so many; each step's pictures are those of world * B
  size_t cache_bytes = size_t{1} << 30;  ///< decoded pictures kept in memory
};

/// The batches of a run: pictures drawn, decoded, cropped and masked ahead by threads. Every random
/// draw belongs to the seed and the sample's place in the run, so batch n is the same for any
/// number of threads and after any resume. Rank r of several takes places r * B to r * B + B - 1 of
/// each step: together they see what one process with the whole batch would, in the same crops. An
/// unreadable picture is noted and another drawn in its place.
class Batches {
 public:
  Batches(const train::TrainConfig& config, data::Source source, const BatchesOptions& options);
  ~Batches();
  /// The next batch, on the CPU, float32. Throws Error when too many pictures cannot be read.
  train::Batch next();
  double wait_seconds() const;
  const data::BadFiles& bad_files() const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace troodon::run
