#include "run/together.hpp"

#include <sstream>

#include <ATen/Parallel.h>

#include "base/log.hpp"
#include "kernels/backend.hpp"

namespace troodon::run {

std::shared_ptr<distributed::Communicator> join(const train::TrainConfig& config,
                                                const distributed::Launch& launch,
                                                const std::string& device) {
  quiet_unless_first(launch);
  if (launch.world_size > 1 && config.troodon.threads == 0)
    kernels::use_threads(threads_per_rank(launch));
  auto ranks = connect(launch, device);
  if (launch.world_size > 1) {
    log_info("{} processes of {} threads, {} pictures a step, sharding {}",
             launch.world_size,
             at::get_num_threads(),
             launch.world_size * config.train.batch_size_per_gpu,
             config.troodon.sharding);
  }
  return ranks;
}

train::TrainConfig agree(const train::TrainConfig& config, distributed::Communicator& ranks) {
  if (ranks.world_size() == 1) return config;
  const auto said = distributed::gather_texts(ranks.rank() == 0 ? to_yaml(config) : "", ranks);
  train::TrainConfig out = config;
  auto settings = settings_of(out);
  apply_yaml_text(settings, said.front(), "settings of the first process");
  return out;
}

size_t loader_threads(const train::TrainConfig& config, const distributed::Communicator& ranks) {
  if (config.troodon.threads > 0 || ranks.world_size() == 1)
    return static_cast<size_t>(config.troodon.threads);
  return static_cast<size_t>(at::get_num_threads());
}

size_t write_bad_files(const fs::path& file,
                       const data::BadFiles& mine,
                       distributed::Communicator& ranks) {
  std::string text;
  for (const auto& [path, reason] : mine.list()) text += path + '\n' + reason + '\n';
  data::BadFiles all;
  for (const std::string& said : distributed::gather_texts(text, ranks)) {
    std::istringstream lines(said);
    std::string path, reason;
    while (std::getline(lines, path) && std::getline(lines, reason)) all.add(path, reason);
  }
  if (ranks.rank() == 0) all.write(file);
  return all.count();
}

}  // namespace troodon::run
