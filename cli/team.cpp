#include "team.hpp"

namespace troodon::cli {

Team::Team(const Common& common) {
  const auto launch = distributed::find_launch();
  distributed::quiet_unless_first(launch);
  ranks = distributed::join_ranks(launch);
  running = {.ranks = ranks.get(),
             .threads = static_cast<size_t>(common.threads),
             .progress = common.progress_style()};
  if (common.threads == 0)
    running.threads = static_cast<size_t>(distributed::threads_per_rank(launch));
}

}  // namespace troodon::cli
