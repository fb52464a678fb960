#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/step.hpp"

namespace troodon::run {

/// One line of the account of a run's memory.
struct MemoryShare {
  std::string what;
  int64_t bytes = 0;
};

/// What a process, or a CUDA device, holds in bytes.
struct MemoryUse {
  int64_t now = 0;
  int64_t peak = 0;  ///< since the process began
};
MemoryUse memory_use(torch::Device device);

/// Where the bytes of a training step are, after a step was made: weights, gradients, moments, the
/// batch; what was there before the run (libraries, on a CPU); and the rest of the peak, which is
/// activations, what the allocator keeps and, on a CPU, pictures that are being read. `before`: in
/// use before the networks were made. On this rank, this device.
std::vector<MemoryShare> memory_shares(const train::State& state,
                                       const train::Batch& batch,
                                       int64_t before,
                                       const MemoryUse& now);

/// The shares as an aligned table in MiB, the sum last.
std::string memory_table(const std::vector<MemoryShare>& shares);

}  // namespace troodon::run
