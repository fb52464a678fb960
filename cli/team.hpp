#pragma once

#include <memory>

#include "distributed/launch.hpp"
#include "stages/running.hpp"
#include "verbs.hpp"

namespace troodon::cli {

/// The ranks this process is one of. Those but the first keep silent.
struct Team {
  std::unique_ptr<Ranks> ranks;
  stages::Running running;

  explicit Team(const Common& common);
  bool silent() const { return !running.first(); }
};

}  // namespace troodon::cli
