#include "image/corrupt.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::image {
namespace {

/// Leaves of all sizes over each other, as in photos: something to lose at every scale.
Image scene(int width, int height) {
  Random random(7);
  Image out(width, height);
  const auto first = [](double edge) { return static_cast<int>(std::max(edge, 0.0)); };
  for (int i = 0; i < 600; ++i) {
    const double radius = std::max(width, height) * 0.3 * std::exp(-4 * random.uniform());
    const double y = random.uniform(0, height), x = random.uniform(0, width);
    const std::array<int64_t, 3> colour = {
        random.integer(30, 200), random.integer(30, 200), random.integer(30, 200)};
    for (int r = first(y - radius); r < std::min<double>(height, y + radius + 1); ++r) {
      for (int c = first(x - radius); c < std::min<double>(width, x + radius + 1); ++c) {
        if (std::hypot(r - y, c - x) > radius) continue;
        for (int k = 0; k < 3; ++k) out.row(r)[3 * c + k] = static_cast<uint8_t>(colour[k]);
      }
    }
  }
  return out;
}

double distance(const Image& a, const Image& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

class EveryCorruption : public testing::TestWithParam<std::string_view> {
 protected:
  Corruption kind() const { return corruption_of(GetParam()); }
};

TEST_P(EveryCorruption, TakesAPictureFurtherAwayTheStrongerItIs) {
  for (const auto& [width, height] :
       {std::pair{224, 224}, std::pair{96, 128}, std::pair{300, 400}}) {
    const Image original = scene(width, height);
    double before = 0;
    for (int strength = 1; strength <= 5; ++strength) {
      const Image image = corrupt(original, kind(), strength, 3);
      const double now = distance(image, original);
      EXPECT_GT(now, before) << width << " x " << height << ", strength " << strength;
      before = now;
    }
    EXPECT_GT(before, 2);
  }
}

TEST_P(EveryCorruption, KeepsTheSizeOfAnyPicture) {
  for (const auto& [width, height] :
       {std::pair{1, 1}, std::pair{2, 1}, std::pair{1, 9}, std::pair{5, 3}, std::pair{300, 2}}) {
    const Image image = corrupt(scene(width, height), kind(), 5, 1);
    EXPECT_EQ(image.width, width);
    EXPECT_EQ(image.height, height);
    EXPECT_EQ(image.pixels.size(), static_cast<size_t>(width) * height * 3);
  }
}

TEST_P(EveryCorruption, TheSameSeedGivesTheSameDamage) {
  const Image original = scene(64, 48);
  EXPECT_EQ(corrupt(original, kind(), 3, 1).pixels, corrupt(original, kind(), 3, 1).pixels);
}

INSTANTIATE_TEST_SUITE_P(Named,
                         EveryCorruption,
                         testing::ValuesIn(kCorruptionNames),
                         [](const auto& name) { return std::string(name.param); });

TEST(Corrupt, WhatIsDrawnDependsOnTheSeed) {
  const Image original = scene(64, 48);
  for (const auto kind : {Corruption::gaussian_noise,
                          Corruption::shot_noise,
                          Corruption::impulse_noise,
                          Corruption::motion_blur,
                          Corruption::snow,
                          Corruption::fog,
                          Corruption::elastic})
    EXPECT_NE(corrupt(original, kind, 3, 1).pixels, corrupt(original, kind, 3, 2).pixels)
        << kCorruptionNames[static_cast<size_t>(kind)];
}

TEST(Corrupt, BlursLeaveAnEvenPictureAsItIs) {
  Image even(60, 40);
  std::ranges::fill(even.pixels, 100);
  for (const auto kind : {Corruption::defocus_blur,
                          Corruption::motion_blur,
                          Corruption::zoom_blur,
                          Corruption::elastic,
                          Corruption::pixelate,
                          Corruption::contrast})
    EXPECT_EQ(corrupt(even, kind, 5, 2).pixels, even.pixels)
        << kCorruptionNames[static_cast<size_t>(kind)];
}

TEST(Corrupt, ShotNoiseKeepsTheMeanAndHasTheVarianceOfItsPhotons) {
  Image even(200, 200);
  std::ranges::fill(even.pixels, 102);  // 0.4
  const Image noisy = corrupt(even, Corruption::shot_noise, 1, 5);
  double sum = 0, squares = 0;
  for (const uint8_t v : noisy.pixels) sum += v / 255.0, squares += v / 255.0 * v / 255.0;
  const auto n = static_cast<double>(noisy.pixels.size());
  EXPECT_NEAR(sum / n, 0.4, 0.002);  // deviation of the mean: 0.0003
  EXPECT_NEAR(squares / n - sum / n * sum / n, 0.4 / 60, 0.0003);
}

TEST(Corrupt, OtherNamesAndStrengthsAreRefused) {
  EXPECT_THROW(corruption_of("frost"), Error);
  EXPECT_EQ(corruption_of("jpeg"), Corruption::jpeg);
  EXPECT_THROW(corrupt(scene(4, 4), Corruption::fog, 0), Error);
  EXPECT_THROW(corrupt(scene(4, 4), Corruption::fog, 6), Error);
}

}  // namespace
}  // namespace troodon::image
