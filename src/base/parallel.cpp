#include "base/parallel.hpp"

#include <sched.h>

namespace troodon {

size_t core_count() {
  // The affinity mask, not the machine: containers and taskset give fewer cores.
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return static_cast<size_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace troodon
