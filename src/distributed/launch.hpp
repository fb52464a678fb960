#pragma once

#include <memory>
#include <string>

#include "base/ranks.hpp"

// Without torch: a verb may ask who it is before anything is loaded.
namespace troodon::distributed {

class Communicator;

/// How this process was started: alone, or as one of several.
struct Launch {
  enum class By {
    hand,         ///< alone
    mpi,          ///< mpirun or mpiexec
    slurm,        ///< srun
    environment,  ///< RANK and WORLD_SIZE, as torchrun sets them
  };
  By by = By::hand;
  int64_t rank = 0;
  int64_t world_size = 1;
  int64_t local_rank = 0;  ///< among the processes on this machine
  int64_t local_size = 1;  ///< processes on this machine
  bool first() const { return rank == 0; }
};

/// What the environment says. Throws Error (exit 2) when it contradicts itself.
Launch find_launch();

/// Only the first rank speaks: on the others everything below an error stays unsaid.
void quiet_unless_first(const Launch& launch);

/// Before an error is reported: what goes wrong on every rank is to be said by the first alone. The
/// others wait a little for its end, which is theirs too.
void let_the_first_speak(const Launch& launch);

/// The threads that this process may use when it was told no number: its share of the machine.
int threads_per_rank(const Launch& launch);

/// "cuda" -> "cuda:LOCAL_RANK" when there are several ranks; anything else stays.
std::string device_of_rank(const std::string& device, const Launch& launch);

/// What this build joins processes with: "MPI", "MPI, NCCL", "NCCL" or "nothing: one process".
std::string joined_by();

/// The ranks of this launch, joined: NCCL on CUDA devices, MPI on CPUs. Returns when all have come.
/// Destroying it waits for the others, unless an exception is on its way: then this process ends,
/// and the launcher ends the others. Throws Error (exit 6) when this build cannot join them.
std::shared_ptr<Communicator> connect(const Launch& launch, const std::string& device);

/// The same on the CPU, for jobs that have no tensors.
std::unique_ptr<Ranks> join_ranks(const Launch& launch);

}  // namespace troodon::distributed
