#include "engine/network.hpp"

#include <algorithm>
#include <functional>

namespace troodon::engine {

std::vector<float> token_positions(std::span<const float> cls_token,
                                   std::span<const float> registers,
                                   std::span<const float> positions) {
  std::vector<float> out(cls_token.begin(), cls_token.end());
  std::transform(out.begin(), out.end(), positions.begin(), out.begin(), std::plus<>());
  out.insert(out.end(), registers.begin(), registers.end());
  const auto patches = positions.subspan(cls_token.size());
  out.insert(out.end(), patches.begin(), patches.end());
  return out;
}

}  // namespace troodon::engine
