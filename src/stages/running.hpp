#pragma once

#include <string>
#include <vector>

#include "base/work.hpp"

namespace troodon::stages {

/// How a stage works, whatever it does: what has no bearing on its result.
struct Running {
  Ranks* ranks = nullptr;  ///< nullptr: one process
  size_t threads = 0;      ///< 0: all cores
  ProgressStyle progress = ProgressStyle::automatic;

  /// Whether this process writes results.
  bool first() const { return ranks == nullptr || ranks->first(); }
};

/// The folder OUT.work, in which a stage's pieces outlive a kill. `settings`: all that they depend
/// on but files; `inputs`: these files or folders, told by name, size and time. Throws Error.
Work begin_work(const fs::path& out,
                const std::string& settings,
                const std::vector<fs::path>& inputs,
                const Running& running);

}  // namespace troodon::stages
