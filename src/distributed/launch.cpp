#include "distributed/launch.hpp"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "distributed/backends.hpp"

namespace troodon::distributed {
namespace {

/// A whole number of the environment; none when it is not set.
std::optional<int64_t> number(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == 0) return std::nullopt;
  char* end = nullptr;
  const int64_t value = std::strtoll(text, &end, 10);
  if (*end != 0 || value < 0)
    fail(Exit::usage, "the environment variable {} is '{}': it must be a whole number", name, text);
  return value;
}

/// The names under which a launcher tells a process who it is.
struct Names {
  Launch::By by;
  const char *size, *rank, *local_size, *local_rank;
};
constexpr Names kNames[] = {
    {Launch::By::mpi,
     "OMPI_COMM_WORLD_SIZE",
     "OMPI_COMM_WORLD_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE",
     "OMPI_COMM_WORLD_LOCAL_RANK"},
    {Launch::By::mpi, "PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS", "MPI_LOCALRANKID"},
    // Of a step, which srun makes: a batch script itself has a rank as well, but is alone.
    {Launch::By::slurm,
     "SLURM_STEP_NUM_TASKS",
     "SLURM_PROCID",
     "SLURM_STEP_TASKS_PER_NODE",
     "SLURM_LOCALID"},
    {Launch::By::environment, "WORLD_SIZE", "RANK", "LOCAL_WORLD_SIZE", "LOCAL_RANK"},
};

const char* how(Launch::By by) {
  return by == Launch::By::mpi     ? "mpirun"
         : by == Launch::By::slurm ? "srun"
                                   : "RANK and WORLD_SIZE";
}

/// "4(x2)" of Slurm -> 4.
int64_t leading_number(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  const int64_t value = text == nullptr ? 0 : std::strtoll(text, nullptr, 10);
  return value > 0 ? value : otherwise;
}

}  // namespace

Launch find_launch() {
  for (const Names& names : kNames) {
    const auto size = number(names.size);
    if (!size || *size < 2) continue;
    const auto rank = number(names.rank);
    if (!rank || *rank >= *size) {
      fail(Exit::usage,
           "{} is {}, but {} is {}: unset the first to run alone, or start every rank with both",
           names.size,
           *size,
           names.rank,
           rank ? std::to_string(*rank) : "not set");
    }
    return {.by = names.by,
            .rank = *rank,
            .world_size = *size,
            .local_rank = number(names.local_rank).value_or(0),
            .local_size = std::min(leading_number(names.local_size, 1), *size)};
  }
  return {};
}

void quiet_unless_first(const Launch& launch) {
  if (!launch.first()) set_log_level(LogLevel::error);
}

void let_the_first_speak(const Launch& launch) {
  if (!launch.first()) std::this_thread::sleep_for(std::chrono::seconds(3));
}

int threads_per_rank(const Launch& launch) {
  const auto cores = static_cast<int64_t>(core_count());
  return static_cast<int>(std::max<int64_t>(1, cores / launch.local_size));
}

std::string device_of_rank(const std::string& device, const Launch& launch) {
  if (device != "cuda" || launch.world_size == 1) return device;
  return fmt::format("cuda:{}", launch.local_rank);
}

std::string joined_by() {
#if defined(TROODON_HAVE_MPI) && defined(TROODON_HAVE_NCCL)
  return "MPI, NCCL";
#elif defined(TROODON_HAVE_MPI)
  return "MPI";
#elif defined(TROODON_HAVE_NCCL)
  return "NCCL";
#else
  return "nothing: one process";
#endif
}

std::shared_ptr<Communicator> connect(const Launch& launch, const std::string& device) {
  if (launch.world_size == 1) return std::make_shared<Alone>();
  if (device.rfind("cuda", 0) == 0) {
    if (auto ranks = connect_nccl(launch, device)) return ranks;
  }
  if (launch.by == Launch::By::environment) {
    fail(
        Exit::resource,
        "WORLD_SIZE is {}, but on {} this build joins processes through MPI alone; start them with "
        "mpirun -n {}, or unset WORLD_SIZE to run alone",
        launch.world_size,
        device,
        launch.world_size);
  }
  if (auto ranks = connect_mpi(launch)) return ranks;
  fail(Exit::resource,
       "started by {} as {} processes, but this build has no MPI; install libopenmpi-dev and build "
       "again, or start one process",
       how(launch.by),
       launch.world_size);
}

}  // namespace troodon::distributed
