#pragma once

#include <cstdint>

#include "base/file.hpp"

namespace troodon::infer {

/// A checkpoint of the same network as it was before it learnt anything: the official
/// initialisation, drawn from `seed`. Made once in `folder`, atomically; its name says of which
/// model and seed. Throws Error, also for a classical baseline, which never learns.
fs::path untrained_twin(const fs::path& model, const fs::path& folder, uint64_t seed = 0);

}  // namespace troodon::infer
