#include "run/preset.hpp"

#include <gtest/gtest.h>

namespace troodon::run {
namespace {

const Machine kLaptop{
    .cpu = "test", .features = "avx2 fma", .cores = 4, .memory_bytes = int64_t{8} << 30};

TEST(Preset, EveryChoiceIsValidAndExplained) {
  for (const int64_t images : {9, 60, 5000, 2000000}) {
    for (const int64_t side : {32, 96, 400}) {
      for (const bool cuda : {false, true}) {
        const Preset preset =
            choose_preset({.images = images, .short_side = side}, kLaptop, cuda, 10);
        EXPECT_NO_THROW(preset.config.validate()) << images << " pictures of " << side << " px";
        EXPECT_GE(preset.reasons.size(), 4U);
        EXPECT_GE(preset.config.total_steps(), 100);
      }
    }
  }
}

TEST(Preset, MoreTimeMeansMoreStepsUntilThePicturesAreWornOut) {
  const auto steps = [](int64_t images, double minutes) {
    return choose_preset({.images = images, .short_side = 96}, kLaptop, false, minutes)
        .config.total_steps();
  };
  EXPECT_GT(steps(5000, 60), 2 * steps(5000, 20));
  EXPECT_EQ(steps(60, 6000), steps(60, 60000));
}

TEST(Preset, BlurShrinksWithTheCrops) {
  const auto small = choose_preset({.images = 5000, .short_side = 96}, kLaptop, false, 10).config;
  const auto large = choose_preset({.images = 5000, .short_side = 500}, kLaptop, false, 10).config;
  EXPECT_LT(small.troodon.blur_sigma_max, large.troodon.blur_sigma_max);
  EXPECT_LT(large.troodon.blur_sigma_max, 2.0);
}

}  // namespace
}  // namespace troodon::run
