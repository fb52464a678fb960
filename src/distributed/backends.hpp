#pragma once

#include <memory>
#include <string>

#include "distributed/communicator.hpp"
#include "distributed/launch.hpp"

// The two ways to join processes. Each is compiled only where its library is; elsewhere connect_...
// returns null.
namespace troodon::distributed {

/// Open MPI or another MPI 3: messages between CPUs; tensors of other devices travel through
/// memory. One process may connect again and again, but never after it has finished with MPI.
std::shared_ptr<Communicator> connect_mpi(const Launch& launch);

/// NCCL: messages between CUDA devices, one a rank; the ranks find each other through
/// MASTER_ADDR (127.0.0.1 when all are on this machine) and MASTER_PORT (29500).
std::shared_ptr<Communicator> connect_nccl(const Launch& launch, const std::string& device);

}  // namespace troodon::distributed
