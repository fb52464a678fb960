#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "image/pixels.hpp"

namespace troodon::exports {

/// 8-bit sRGB.
using Colour = std::array<uint8_t, 3>;

/// A class number for each pixel, row by row; somebody else owns the numbers. Below 0: none.
struct Mask {
  int width = 0, height = 0;
  std::span<const int32_t> labels;  ///< [height, width]

  int32_t at(int x, int y) const { return labels[static_cast<size_t>(y) * width + x]; }
};

/// Stands for "no class" in files: mmseg's ignore_index, PASCAL VOC's border.
inline constexpr int32_t kNoClass = 255;

/// PASCAL VOC's colours: entry 0 black, 255 pale yellow. Source: VOCdevkit, VOClabelcolormap.
const std::array<Colour, 256>& voc_colours();

/// An index PNG with VOC's colours; with more than 255 classes 16-bit grey. Throws Error
/// (Exit::input) for a class above 65534.
std::string index_png(const Mask& mask, size_t classes);

/// The picture below its classes' colours, with a line around each segment. Throws Error
/// (Exit::input) where sizes differ. opacity: 0 shows the picture alone, 1 the colours.
image::Image overlay(const image::Image& picture, const Mask& mask, double opacity = 0.5);

}  // namespace troodon::exports
