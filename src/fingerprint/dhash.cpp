#include "fingerprint/dhash.hpp"

namespace troodon::fingerprint {

Hash64 dhash(const Grey& grey) {
  const Grey small = area_resize(grey, 9, 8);
  Hash64 hash = 0;
  for (int y = 0; y < small.height; ++y) {
    const uint16_t* row = small.row(y);
    for (int x = 0; x < 8; ++x) hash = hash << 1 | static_cast<Hash64>(row[x + 1] > row[x]);
  }
  return hash;
}

}  // namespace troodon::fingerprint
