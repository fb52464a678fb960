#pragma once

#include <cstdint>

namespace troodon::curate {

/// Two rows that are alike; in a list of edges a < b and no pair comes twice.
struct Edge {
  uint32_t a = 0, b = 0;
  float similarity = 0;  ///< cosine

  bool operator==(const Edge&) const = default;
};

}  // namespace troodon::curate
