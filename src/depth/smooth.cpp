#include "depth/smooth.hpp"

#include <cmath>
#include <utility>

namespace troodon::depth {

Map Smoother::next(Map map) {
  const bool fresh = past_.width != map.width || past_.height != map.height;
  if (options_.keep <= 0) return map;
  if (!fresh) {
    const double limit = std::log(1 + options_.jump);
    for (size_t i = 0; i < map.metres.size(); ++i) {
      const float before = past_.metres[i];
      float& now = map.metres[i];
      if (!(before > 0 && now > 0)) continue;
      const double change = std::log(static_cast<double>(now) / before);
      if (std::abs(change) <= limit)
        now = static_cast<float>(before * std::exp((1 - options_.keep) * change));
    }
  }
  past_ = map;
  return map;
}

}  // namespace troodon::depth
