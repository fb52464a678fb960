#pragma once

#include <array>
#include <cstdint>

#include "image/pixels.hpp"

// What people do to pictures that src/image has no call for; used by edits.cpp.
namespace troodon::fingerprint {

using Colour = std::array<uint8_t, 3>;  ///< sRGB

/// Fills the part of the box that lies in the picture.
void fill_box(image::Image& image, const image::Box& box, const Colour& colour);

/// The picture in the middle of a larger one of one colour; width and height at least its own.
image::Image framed(const image::Image& image, int width, int height, const Colour& colour);

/// Turned about its centre by any angle, anticlockwise, at the same size; bilinear, black outside.
image::Image rotated(const image::Image& image, double degrees);

/// Writes a line of `letters` random capitals in a 5 x 7 letter set whose dots are `dot` pixels
/// wide, from (left, top) on; what leaves the picture is cut off.
struct TextLine {
  int left = 0, top = 0;
  int dot = 2;
  int letters = 8;
  Colour colour = {255, 255, 255};
  uint64_t seed = 0;
};
void write_text(image::Image& image, const TextLine& line);

inline constexpr int kLetterDots = 6;  ///< from one letter to the next
inline constexpr int kLineDots = 7;    ///< a letter's height

}  // namespace troodon::fingerprint
