#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "annotate/sight.hpp"
#include "frozen/dense.hpp"
#include "match/places.hpp"
#include "serve/lru.hpp"
#include "serve/site/pictures.hpp"

namespace troodon::serve {

/// Pictures as the network sees them patch by patch, computed when they are first asked for and
/// kept: a second click on a picture waits for no network. Safe from any thread.
class Sights {
 public:
  Sights(const fs::path& model, const std::string& device, size_t threads, Pictures& pictures);

  /// For masks. Throws Problem 404, 422, 503 (the network is busy until the deadline).
  std::shared_ptr<const annotate::Sight> of(const std::string& ref, Clock::time_point deadline);
  /// For matches and restyling; in pixels of the picture.
  std::shared_ptr<const match::Places> places_of(const std::string& ref,
                                                 Clock::time_point deadline);

 private:
  std::unique_lock<std::timed_mutex> turn(Clock::time_point deadline);

  Pictures& pictures_;
  std::timed_mutex looking_;
  frozen::DenseFeatures features_;
  Lru<annotate::Sight> sights_{512ULL << 20};
  Lru<match::Places> places_{128ULL << 20};
};

}  // namespace troodon::serve
