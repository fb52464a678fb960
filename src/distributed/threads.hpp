#pragma once

#include <functional>

#include "distributed/communicator.hpp"

namespace troodon::distributed {

/// Runs body(ranks) once per rank, each on its own thread of this process; what a rank throws is
/// thrown here. Lets tests see several ranks without MPI. Every rank must make the same calls.
void run_ranks(int64_t world_size, const std::function<void(Communicator&)>& body);

}  // namespace troodon::distributed
