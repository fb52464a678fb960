#pragma once

#include <memory>

#include "data/bad_files.hpp"
#include "distributed/communicator.hpp"
#include "distributed/launch.hpp"
#include "train/config.hpp"

// What a run made by several processes needs besides the steps themselves.
namespace troodon::run {

/// Joins the processes of this launch, shares the machine's threads out to them, and says so.
std::shared_ptr<distributed::Communicator> join(const train::TrainConfig& config,
                                                const distributed::Launch& launch,
                                                const std::string& device);

/// The settings of the first rank, on all of them: presets look at the machine.
train::TrainConfig agree(const train::TrainConfig& config, distributed::Communicator& ranks);

/// Threads of this rank that read pictures; 0: all cores.
size_t loader_threads(const train::TrainConfig& config, const distributed::Communicator& ranks);

/// Writes the unreadable pictures of all ranks into one file; how many.
size_t write_bad_files(const fs::path& file,
                       const data::BadFiles& mine,
                       distributed::Communicator& ranks);

}  // namespace troodon::run
