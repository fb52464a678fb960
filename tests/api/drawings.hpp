#pragma once

#include <cmath>

#include "base/random.hpp"
#include "troodon/picture.hpp"

// Pictures drawn by rule, for calls that look at them.
namespace troodon {

using Colour = std::array<std::uint8_t, 3>;

inline Image plain(int width, int height, Colour colour) {
  Image out{width, height, {}};
  for (int i = 0; i < width * height; ++i)
    out.rgb.insert(out.rgb.end(), colour.begin(), colour.end());
  return out;
}

inline bool in_disc(int x, int y, int cx, int cy, int r) {
  return (x - cx) * (x - cx) + (y - cy) * (y - cy) <= r * r;
}

inline void draw_disc(Image& picture, int cx, int cy, int r, Colour colour) {
  for (int y = std::max(cy - r, 0); y < std::min(cy + r + 1, picture.height); ++y) {
    for (int x = std::max(cx - r, 0); x < std::min(cx + r + 1, picture.width); ++x) {
      if (in_disc(x, y, cx, cy, r))
        std::ranges::copy(
            colour, picture.rgb.begin() + 3 * (static_cast<ptrdiff_t>(y) * picture.width + x));
    }
  }
}

/// Many discs of all sizes and colours.
inline Image discs(int width, int height, std::uint64_t seed) {
  Image out = plain(width, height, {120, 120, 120});
  Random random(seed);
  const auto draw = [&](int low, int high) { return static_cast<int>(random.integer(low, high)); };
  for (int i = 0; i < width * height / 500; ++i) {
    Colour colour{};
    for (auto& c : colour) c = static_cast<std::uint8_t>(draw(0, 255));
    draw_disc(out, draw(0, width - 1), draw(0, height - 1), draw(4, 20), colour);
  }
  return out;
}

inline Image cut(const Image& from, const Box& box) {
  Image out{box.width, box.height, {}};
  for (int y = box.y; y < box.y + box.height; ++y) {
    const auto row = from.rgb.begin() + 3 * (static_cast<ptrdiff_t>(y) * from.width + box.x);
    out.rgb.insert(out.rgb.end(), row, row + 3 * static_cast<ptrdiff_t>(box.width));
  }
  return out;
}

/// Adds the same noise for the same seed.
inline Image noisy(Image picture, std::uint64_t seed, int most = 12) {
  Random random(seed);
  for (auto& value : picture.rgb)
    value = static_cast<std::uint8_t>(
        std::clamp<std::int64_t>(value + random.integer(-most, most), 0, 255));
  return picture;
}

/// Frozen features keep notes in a cache: not in the user's during a test.
struct OwnCache {
  explicit OwnCache(const std::string& folder) { ::setenv("TROODON_CACHE", folder.c_str(), 1); }
  ~OwnCache() { ::unsetenv("TROODON_CACHE"); }
};

}  // namespace troodon
