#include "fingerprint/retouch.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.hpp"

namespace troodon::fingerprint {
namespace {

/// Rows from the top, the leftmost of five dots in bit 4.
using Letter = std::array<uint8_t, kLineDots>;
constexpr std::array<Letter, 12> kLetters = {{
    {0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001},  // A
    {0b01111, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b01111},  // C
    {0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110},  // D
    {0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111},  // E
    {0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110},  // I
    {0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111},  // L
    {0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001},  // N
    {0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110},  // O
    {0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001},  // R
    {0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110},  // S
    {0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100},  // T
    {0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110},  // U
}};

/// The value between four pixels; black outside.
double between(const image::Image& image, double x, double y, int channel) {
  const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
  double sum = 0;
  for (int v = top; v <= top + 1; ++v) {
    for (int u = left; u <= left + 1; ++u) {
      if (u < 0 || v < 0 || u >= image.width || v >= image.height) continue;
      sum += (1 - std::abs(x - u)) * (1 - std::abs(y - v)) * image.row(v)[3 * u + channel];
    }
  }
  return sum;
}

}  // namespace

void fill_box(image::Image& image, const image::Box& box, const Colour& colour) {
  const int bottom = std::min(box.top + box.height, image.height);
  const int right = std::min(box.left + box.width, image.width);
  for (int y = std::max(0, box.top); y < bottom; ++y) {
    for (int x = std::max(0, box.left); x < right; ++x) {
      std::ranges::copy(colour, image.row(y) + size_t{3} * x);
    }
  }
}

image::Image framed(const image::Image& image, int width, int height, const Colour& colour) {
  image::Image out(width, height);
  fill_box(out, {0, 0, height, width}, colour);
  const int left = (width - image.width) / 2, top = (height - image.height) / 2;
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.row(y), size_t{3} * image.width, out.row(top + y) + size_t{3} * left);
  }
  return out;
}

image::Image rotated(const image::Image& image, double degrees) {
  image::Image out(image.width, image.height);
  const double angle = degrees * std::numbers::pi / 180;
  const double c = std::cos(angle), s = std::sin(angle);
  const double middle_x = (image.width - 1) / 2.0, middle_y = (image.height - 1) / 2.0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const double u = x - middle_x, v = y - middle_y;
      for (int channel = 0; channel < 3; ++channel) {
        const double value =
            between(image, middle_x + c * u - s * v, middle_y + s * u + c * v, channel);
        out.row(y)[3 * x + channel] = static_cast<uint8_t>(std::lround(value));
      }
    }
  }
  return out;
}

void write_text(image::Image& image, const TextLine& line) {
  Random random(line.seed);
  for (int i = 0; i < line.letters; ++i) {
    const Letter& letter = kLetters[random.integer(0, kLetters.size() - 1)];
    for (int y = 0; y < kLineDots; ++y) {
      for (int x = 0; x < 5; ++x) {
        if ((letter[y] >> (4 - x) & 1) == 0) continue;
        const int left = line.left + (i * kLetterDots + x) * line.dot;
        fill_box(image, {line.top + y * line.dot, left, line.dot, line.dot}, line.colour);
      }
    }
  }
}

}  // namespace troodon::fingerprint
