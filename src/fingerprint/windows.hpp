#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "fingerprint/grey.hpp"
#include "fingerprint/hamming.hpp"

// Parts of pictures, so that a crop is found within the picture that it was cut from.
namespace troodon::fingerprint {

inline constexpr int kThumbnailSide = 32;

/// A picture squeezed into a square, 8-bit luma, row-major.
using Thumbnail = std::array<uint8_t, kThumbnailSide * kThumbnailSide>;

Thumbnail thumbnail_of(const Grey& grey, const image::Box& box);

/// A part of a picture, in shares of its sides.
struct Window {
  float left = 0, top = 0, width = 1, height = 1;
};

/// The whole, then squares (in shares) of 0.9, 0.8 and 0.7 of its sides at every 0.05 to 0.075.
std::span<const Window> standard_windows();

/// A coarse hash of a part: frequencies 1..8 of its DCT both ways against their median.
Hash64 window_hash(const Thumbnail& thumbnail, const Window& window);

/// How alike two parts are, each -1..1: the correlation of the pixels, and that of the steps
/// between neighbouring ones, which large smooth areas do not decide.
struct Agreement {
  double pixels = 0, steps = 0;
};

/// The best agreement of all of `part` with some window of `whole` near `guess`, found by moving
/// and stretching the window, unless they hardly agree at first; `guess` becomes that window.
Agreement align(const Thumbnail& whole, const Thumbnail& part, Window& guess);

}  // namespace troodon::fingerprint
