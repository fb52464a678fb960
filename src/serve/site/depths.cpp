#include "serve/site/depths.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "base/log.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {

Depths::Depths(const depth::EstimatorOptions& options, Pictures& pictures) : pictures_(pictures) {
  try {
    estimator_.emplace(options);
  } catch (const Error& error) {
    why_not_ = error.what();
    log_info("no depth: {}", why_not_);
  }
}

std::shared_ptr<const depth::Map> Depths::of(const std::string& ref, Clock::time_point deadline) {
  if (!estimator_) {
    refuse(501, "this server has no depth head for its network; start it with --depth-head FILE");
  }
  if (auto kept = maps_.find(ref)) return kept;
  const image::Image picture = pictures_.pixels(ref, deadline);
  const std::unique_lock lock(looking_, std::min(deadline, Clock::now() + std::chrono::hours(1)));
  if (!lock) throw Problem(503, "the network is busy; ask again", 1);
  if (auto kept = maps_.find(ref)) return kept;
  depth::Map map = estimator_->of(picture);
  const size_t bytes = map.metres.size() * sizeof(float);
  return maps_.keep(ref, std::move(map), bytes);
}

}  // namespace troodon::serve
