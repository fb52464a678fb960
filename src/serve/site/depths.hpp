#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "depth/estimator.hpp"
#include "serve/lru.hpp"
#include "serve/site/pictures.hpp"

namespace troodon::serve {

/// Depth of pictures, computed when it is first asked for and kept. Safe from any thread.
class Depths {
 public:
  /// Without a head that fits the network nothing can be asked; `why` says so.
  Depths(const depth::EstimatorOptions& options, Pictures& pictures);

  bool possible() const { return estimator_.has_value(); }
  /// Throws Problem: 501 there is no head, 404, 422, 503.
  std::shared_ptr<const depth::Map> of(const std::string& ref, Clock::time_point deadline);

 private:
  Pictures& pictures_;
  std::string why_not_;
  std::timed_mutex looking_;
  std::optional<depth::Estimator> estimator_;
  Lru<depth::Map> maps_{256ULL << 20};
};

}  // namespace troodon::serve
