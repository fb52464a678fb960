#include "image/colour.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace troodon::image {
namespace {

Image random_image(int width, int height, uint64_t seed) {
  Image image(width, height);
  Random random(seed);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  return image;
}

/// Pillow's conversion in its own steps and precisions: doubles between float32 roundings.
void plain_hsv(const uint8_t* rgb, int shift, uint8_t* out) {
  const int r = rgb[0], g = rgb[1], b = rgb[2];
  const int high = std::max({r, g, b}), low = std::min({r, g, b});
  int hue = 0, saturation = 0;
  if (high != low) {
    const auto range = static_cast<float>(high - low);
    const float rc = static_cast<float>(high - r) / range,
                gc = static_cast<float>(high - g) / range;
    const float bc = static_cast<float>(high - b) / range;
    const double sixths = r == high ? bc - gc : g == high ? 2.0 + rc - bc : 4.0 + gc - rc;
    const auto turn = static_cast<float>(
        std::fmod(static_cast<double>(static_cast<float>(sixths)) / 6.0 + 1.0, 1.0));
    hue = static_cast<int>(static_cast<double>(turn) * 255.0);
    saturation = static_cast<int>(static_cast<double>(range / static_cast<float>(high)) * 255.0);
  }
  hue = (hue + shift) & 255;
  const double position = hue * 6.0 / 255.0;
  const int sextant = static_cast<int>(std::floor(position));
  const auto rest = static_cast<float>(position - sextant);
  const auto part = static_cast<float>(saturation / 255.0);
  const int p = static_cast<int>(std::round(high * (1.0 - part)));
  const int q = static_cast<int>(std::round(high * (1.0 - part * rest)));
  const int t = static_cast<int>(std::round(high * (1.0 - part * (1.0 - rest))));
  const int table[6][3] = {
      {high, t, p}, {q, high, p}, {p, high, t}, {p, q, high}, {t, p, high}, {high, p, q}};
  for (int c = 0; c < 3; ++c) {
    out[c] = static_cast<uint8_t>(saturation == 0 ? high : table[sextant % 6][c]);
  }
}

TEST(Hue, EveryColourTurnsAsInPillow) {
  const double factor = -0.07;
  const int shift = static_cast<int>(factor * 255) & 255;
  Image image(256, 256);
  int64_t wrong = 0;
  for (int r = 0; r < 256; ++r) {  // all 2^24 colours: hue and saturation have few exact ties
    for (int i = 0; i < 256 * 256; ++i) {
      uint8_t* p = &image.pixels[size_t{3} * i];
      p[0] = static_cast<uint8_t>(r);
      p[1] = static_cast<uint8_t>(i >> 8);
      p[2] = static_cast<uint8_t>(i);
    }
    const Image before = image;
    adjust_hue(image, factor);
    for (size_t i = 0; i < image.pixels.size(); i += 3) {
      uint8_t want[3];
      plain_hsv(&before.pixels[i], shift, want);
      wrong += std::equal(want, want + 3, &image.pixels[i]) ? 0 : 1;
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Jitter, FactorOneChangesNothing) {
  const Image image = random_image(33, 17, 1);
  for (const auto adjust : {adjust_brightness, adjust_contrast, adjust_saturation}) {
    Image same = image;
    adjust(same, 1.0);
    EXPECT_EQ(same.pixels, image.pixels);
  }
}

TEST(Jitter, FactorZeroLeavesBlackOrGray) {
  const Image image = random_image(33, 17, 2);
  Image black = image, even = image, gray = image, luma = image;
  adjust_brightness(black, 0);
  EXPECT_EQ(*std::max_element(black.pixels.begin(), black.pixels.end()), 0);
  adjust_contrast(even, 0);
  EXPECT_EQ(*std::max_element(even.pixels.begin(), even.pixels.end()), even.pixels[0]);
  adjust_saturation(gray, 0);
  to_grayscale(luma);
  EXPECT_EQ(gray.pixels, luma.pixels);
}

TEST(Jitter, ValuesAreClippedNotWrapped) {
  Image image(1, 1);
  image.pixels = {200, 10, 128};
  adjust_brightness(image, 2.0);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{255, 20, 255}));
}

TEST(Solarize, TwiceIsTheIdentityAboveHalf) {
  Image image(256, 1);
  for (int i = 0; i < 256; ++i) std::fill_n(image.row(0) + 3 * i, 3, static_cast<uint8_t>(i));
  solarize(image, 128);
  for (int i = 0; i < 256; ++i) EXPECT_EQ(image.pixels[size_t{3} * i], i < 128 ? i : 255 - i);
}

TEST(Blur, EqualsTheTwoDimensionalSum) {
  const int width = 23, height = 14, radius = 4;
  const double sigma = 1.3;
  const Image image = random_image(width, height, 3);
  Image blurred = image;
  gaussian_blur(blurred, 9, sigma);
  const auto mirror = [](int i, int n) { return i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i; };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double sum = 0, weights = 0;
      for (int dy = -radius; dy <= radius; ++dy) {
        for (int dx = -radius; dx <= radius; ++dx) {
          const double weight = std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
          sum += weight * image.row(mirror(y + dy, height))[mirror(x + dx, width) * 3 + 1];
          weights += weight;
        }
      }
      EXPECT_NEAR(blurred.row(y)[x * 3 + 1], sum / weights, 0.5001) << x << "," << y;
    }
  }
}

TEST(Blur, PicturesSmallerThanTheKernelStayWhole) {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 5}, {3, 1}}) {
    Image image(width, height);
    std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{77});
    gaussian_blur(image, 9, 2.0);
    EXPECT_EQ(image.pixels, std::vector<uint8_t>(image.pixels.size(), 77));
  }
}

TEST(Normalize, MatchesTheFormulaPerPlane) {
  const Image image = random_image(5, 4, 4);
  std::vector<float> planes(image.pixels.size());
  normalize_to(image, planes.data());
  for (size_t i = 0; i < 20; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const double want = (image.pixels[i * 3 + c] / 255.0 - kImageNetMean[c]) / kImageNetStd[c];
      EXPECT_NEAR(planes[c * 20 + i], want, 1e-6);
    }
  }
}

}  // namespace
}  // namespace troodon::image
