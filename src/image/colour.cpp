#include "image/colour.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "image/vectorised.hpp"

namespace troodon::image {
namespace {

/// Pillow's "L": ITU-R 601 luma in 16-bit fixed point.
inline int luma(int r, int g, int b) {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

/// Pillow's Image.blend on one value, in float32: base at factor 0, value at 1, clipped beyond.
inline uint8_t blend(int base, int value, float factor) {
  const float mixed = static_cast<float>(base) + factor * static_cast<float>(value - base);
  const int whole = static_cast<int>(mixed);
  return static_cast<uint8_t>(whole < 0 ? 0 : whole > 255 ? 255 : whole);
}

void blend_all(Image& image, int base, float factor) {
  uint8_t* const pixels = image.pixels.data();
  const size_t n = image.pixels.size();
  vectorised([=]() __attribute__((always_inline)) {
    for (size_t i = 0; i < n; ++i) pixels[i] = blend(base, pixels[i], factor);
  });
}

uint64_t luma_sum(const Image& image) {
  const uint8_t* const pixels = image.pixels.data();
  const size_t n = image.pixels.size() / 3;
  uint64_t total = 0;
  constexpr size_t kBlock = 1 << 16;  // keeps the inner sum in 32 bits
  for (size_t start = 0; start < n; start += kBlock) {
    const uint8_t* const block = pixels + start * 3;
    const size_t count = std::min(kBlock, n - start);
    uint32_t sum = 0;
    vectorised([ =, &sum ]() __attribute__((always_inline)) {
      uint32_t partial = 0;
      for (size_t i = 0; i < count; ++i) {
        partial += luma(block[3 * i], block[3 * i + 1], block[3 * i + 2]);
      }
      sum = partial;
    });
    total += sum;
  }
  return total;
}

/// A run of pixels as planes: loops over planes vectorise, loops over interleaved pixels do not.
struct Block {
  static constexpr size_t kPixels = 512;
  uint8_t r[kPixels], g[kPixels], b[kPixels];
};

/// Calls change(block, count) on the whole picture, block by block; `change` edits in place.
template <class Change>
inline void for_each_block(Image& image, Change change) {
  uint8_t* const all = image.pixels.data();
  const size_t total = image.pixels.size() / 3;
  vectorised([=]() __attribute__((always_inline)) {
    Block block;
    for (size_t start = 0; start < total; start += Block::kPixels) {
      uint8_t* const pixels = all + start * 3;
      const size_t n = std::min(Block::kPixels, total - start);
      for (size_t i = 0; i < n; ++i) {
        block.r[i] = pixels[3 * i], block.g[i] = pixels[3 * i + 1], block.b[i] = pixels[3 * i + 2];
      }
      change(block, n);
      for (size_t i = 0; i < n; ++i) {
        pixels[3 * i] = block.r[i], pixels[3 * i + 1] = block.g[i], pixels[3 * i + 2] = block.b[i];
      }
    }
  });
}

struct Hsv {
  int hue;  ///< 0..255 for a full turn; without meaning at saturation 0
  float saturation;
  float value;
};

/// Pillow's RGB -> HSV in float32, selecting among integers only, so that it vectorises. A test
/// compares all 2^24 colours with Pillow's double formulas.
inline Hsv to_hsv(int r, int g, int b) {
  const int high = std::max(r, std::max(g, b)), low = std::min(r, std::min(g, b));
  const int range = high - low;
  const int below_r = high - r, below_g = high - g, below_b = high - b;
  const bool red = below_r == 0, green = below_g == 0;
  // Hue in sixths of a turn: sector + (up - down) / range, where up or down equals range.
  const int up = red ? below_b : green ? below_r : below_g;
  const int down = red ? below_g : green ? below_b : below_r;
  const int sector = red ? 0 : green ? 2 : 4;
  const bool rising = up == range;
  const int signed_other = rising ? -down : up;
  const int base = rising ? sector + 1 : sector - 1;
  const int wrap = base < 0 ? 1 : 0;  // below red: one turn more
  const float part = static_cast<float>(signed_other) / static_cast<float>(std::max(range, 1));
  const float turn = (static_cast<float>(base) + part) / 6.0F + static_cast<float>(wrap);
  const int hue = static_cast<int>(turn * 255.0F);
  const float saturation = static_cast<float>(range) / static_cast<float>(std::max(high, 1));
  return {.hue = hue,
          .saturation = static_cast<float>(static_cast<int>(saturation * 255.0F)),
          .value = static_cast<float>(high)};
}

/// One channel of HSV -> RGB: full where the hue is near `channel`'s own (offset 5, 3, 1 sixths for
/// red, green, blue), value * (1 - saturation) where it is far. Rounded as Pillow does.
inline uint8_t from_hsv(const Hsv& in, int offset) {
  const int turned = offset * 255 + in.hue * 6;
  const int place = turned >= 1530 ? turned - 1530 : turned;
  const int far = std::max(0, std::min(255, std::min(place, 1020 - place)));
  const float whole = in.value * (65025.0F - in.saturation * static_cast<float>(far));  // exact
  return static_cast<uint8_t>(static_cast<int>(whole * (1.0F / 65025) + 0.5F));
}

}  // namespace

void adjust_brightness(Image& image, double factor) {
  blend_all(image, 0, static_cast<float>(factor));
}

void adjust_contrast(Image& image, double factor) {
  if (image.empty()) return;
  const auto pixels = static_cast<double>(image.pixels.size() / 3);
  const int mean = static_cast<int>(static_cast<double>(luma_sum(image)) / pixels + 0.5);
  blend_all(image, mean, static_cast<float>(factor));
}

void adjust_saturation(Image& image, double factor) {
  const auto strength = static_cast<float>(factor);
  for_each_block(
      image, [=](Block & block, size_t n) __attribute__((always_inline)) {
        for (size_t i = 0; i < n; ++i) {
          const int r = block.r[i], g = block.g[i], b = block.b[i];
          const int gray = luma(r, g, b);
          block.r[i] = blend(gray, r, strength);
          block.g[i] = blend(gray, g, strength);
          block.b[i] = blend(gray, b, strength);
        }
      });
}

void adjust_hue(Image& image, double factor) {
  assert(std::abs(factor) <= 0.5);
  const int shift = static_cast<int>(factor * 255) & 255;
  for_each_block(
      image, [=](Block & block, size_t n) __attribute__((always_inline)) {
        for (size_t i = 0; i < n; ++i) {
          Hsv hsv = to_hsv(block.r[i], block.g[i], block.b[i]);
          hsv.hue = (hsv.hue + shift) & 255;
          block.r[i] = from_hsv(hsv, 5);
          block.g[i] = from_hsv(hsv, 3);
          block.b[i] = from_hsv(hsv, 1);
        }
      });
}

void to_grayscale(Image& image) {
  for_each_block(
      image, [](Block & block, size_t n) __attribute__((always_inline)) {
        for (size_t i = 0; i < n; ++i) {
          const auto gray = static_cast<uint8_t>(luma(block.r[i], block.g[i], block.b[i]));
          block.r[i] = block.g[i] = block.b[i] = gray;
        }
      });
}

void solarize(Image& image, int threshold) {
  uint8_t* const pixels = image.pixels.data();
  const size_t n = image.pixels.size();
  vectorised([=]() __attribute__((always_inline)) {
    for (size_t i = 0; i < n; ++i) {
      const int value = pixels[i];
      pixels[i] = static_cast<uint8_t>(value >= threshold ? 255 - value : value);
    }
  });
}

void normalize_to(const Image& image,
                  float* out,
                  const std::array<float, 3>& mean,
                  const std::array<float, 3>& std) {
  const size_t n = image.pixels.size() / 3;
  const uint8_t* const pixels = image.pixels.data();
  for (size_t channel = 0; channel < 3; ++channel) {
    std::array<float, 256> table;
    for (int v = 0; v < 256; ++v) {
      table[v] = (static_cast<float>(v) / 255.0F - mean[channel]) / std[channel];
    }
    float* const plane = out + channel * n;
    for (size_t i = 0; i < n; ++i) plane[i] = table[pixels[3 * i + channel]];
  }
}

}  // namespace troodon::image
