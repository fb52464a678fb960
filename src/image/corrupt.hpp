#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "image/pixels.hpp"

namespace troodon::image {

/// Harm that pictures come to, after Hendrycks & Dietterich 2019 (ImageNet-C). Weather is drawn by
/// noise fields of our own.
enum class Corruption {
  gaussian_noise,
  shot_noise,
  impulse_noise,
  defocus_blur,
  motion_blur,
  zoom_blur,
  snow,
  fog,
  brightness,
  contrast,
  elastic,
  pixelate,
  jpeg,
};

/// Names in the order of the enum, for the command line and tables.
inline constexpr std::array<std::string_view, 13> kCorruptionNames = {"gaussian_noise",
                                                                      "shot_noise",
                                                                      "impulse_noise",
                                                                      "defocus_blur",
                                                                      "motion_blur",
                                                                      "zoom_blur",
                                                                      "snow",
                                                                      "fog",
                                                                      "brightness",
                                                                      "contrast",
                                                                      "elastic",
                                                                      "pixelate",
                                                                      "jpeg"};

/// The corruption of that name; throws Error that lists the names.
Corruption corruption_of(std::string_view name);

/// A damaged copy of the same size, strength 1 (mild) to 5. Lengths (blur radii, waves, blocks) are
/// those of a picture whose short side is 224, scaled to this picture's. The same seed gives the
/// same damage. Throws Error for another strength.
Image corrupt(const Image& image, Corruption corruption, int strength, uint64_t seed = 0);

}  // namespace troodon::image
