#pragma once

#include <array>

#include "image/pixels.hpp"

namespace troodon::image {

/// Pillow / torchvision colour operations on 8-bit pixels, in place (spec: dinov2 section 3.3).
void adjust_brightness(Image& image, double factor);
void adjust_contrast(Image& image, double factor);
void adjust_saturation(Image& image, double factor);
/// Shifts the hue by factor in [-0.5, 0.5] turns, through Pillow's 8-bit HSV.
void adjust_hue(Image& image, double factor);
void to_grayscale(Image& image);
/// Inverts every value >= threshold.
void solarize(Image& image, int threshold);
/// torchvision's Gaussian blur: odd kernel, reflect padding, float convolution, rounded back.
void gaussian_blur(Image& image, int kernel, double sigma);

/// ImageNet statistics that every released model expects.
inline constexpr std::array<float, 3> kImageNetMean = {0.485F, 0.456F, 0.406F};
inline constexpr std::array<float, 3> kImageNetStd = {0.229F, 0.224F, 0.225F};

/// Pixels / 255, minus mean, divided by std, as planes: out [3, height, width] float32.
void normalize_to(const Image& image,
                  float* out,
                  const std::array<float, 3>& mean = kImageNetMean,
                  const std::array<float, 3>& std = kImageNetStd);

}  // namespace troodon::image
