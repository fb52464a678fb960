#pragma once

#include <limits>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "train/step.hpp"

namespace troodon::run {

/// What a checkpoint says about itself.
struct CheckpointInfo {
  fs::path file;
  int64_t step = 0;         ///< steps done; the next one to make
  std::string config_yaml;  ///< the resolved settings of the run
};

/// Saves everything a run needs to go on bit for bit: weights of student and teacher, moments,
/// centres. One safetensors file `checkpoints/step_0001250.safetensors` and beside it a .json with
/// step, size and CRC-32, written last: a checkpoint without it does not count. Keeps the newest
/// `keep`. All ranks call it; the first writes. A sharded state is gathered tensor by tensor, so
/// the file is the same for any number of ranks, and no rank ever holds more than one whole tensor.
/// Throws Error.
void save_checkpoint(const fs::path& run_dir,
                     train::State& state,
                     int64_t step,
                     const std::string& config_yaml,
                     int64_t keep,
                     distributed::Communicator& ranks);

/// The newest checkpoint, of at most `most` steps, whose size and checksum hold; damaged ones are
/// passed over with a warning.
std::optional<CheckpointInfo> latest_checkpoint(const fs::path& run_dir,
                                                int64_t most = std::numeric_limits<int64_t>::max());

/// Puts a checkpoint's tensors into the state, of each rank what it keeps of them. Throws Error
/// that names what does not fit.
void load_checkpoint(const CheckpointInfo& checkpoint,
                     train::State& state,
                     distributed::Communicator& ranks);

/// Starts student and teacher from the backbone in `checkpoint` (any dialect); heads stay random.
/// Position embeddings of another grid are resampled. Throws Error that names what does not fit.
void start_from(const fs::path& checkpoint, train::State& state, distributed::Communicator& ranks);

/// Writes the teacher's backbone as a file that every verb opens (safetensors, official keys, the
/// network's shape as metadata). Throws Error.
void export_teacher(const fs::path& file, train::State& state, int64_t image_size);

}  // namespace troodon::run
