#include "views/crops.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "image/colour.hpp"
#include "image/resize.hpp"

namespace troodon::views {
namespace {

image::Image noise_picture(int width, int height, uint64_t seed) {
  image::Image picture(width, height);
  Random random(seed);
  for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  return picture;
}

/// The crops of one picture in memory of their own.
std::vector<std::vector<float>> crops_of(const image::Image& picture,
                                         const AugmentConfig& config,
                                         uint64_t seed) {
  std::vector<std::vector<float>> crops;
  std::vector<float*> outs;
  for (int i = 0; i < config.crops(); ++i) {
    const size_t side = i < 2 ? config.global_crops_size : config.local_crops_size;
    crops.emplace_back(3 * side * side, -100.0F);
  }
  for (auto& crop : crops) outs.push_back(crop.data());
  Random random(seed);
  augment(picture, config, random, outs.data());
  return crops;
}

double blurred_share(CropKind kind, const AugmentConfig& config) {
  Random random(3);
  int blurred = 0;
  for (int i = 0; i < 4000; ++i) blurred += draw_crop(kind, 64, 48, config, random).blur_sigma > 0;
  return blurred / 4000.0;
}

TEST(CropBox, AlwaysLiesInsideThePicture) {
  const uint64_t seed = 21;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  for (int i = 0; i < 5000; ++i) {
    const int width = static_cast<int>(random.integer(1, 300));
    const int height = static_cast<int>(random.integer(1, 300));
    const image::Box box = random_resized_crop_box(width, height, {0.05, 1}, random);
    ASSERT_GT(box.width, 0);
    ASSERT_GT(box.height, 0);
    ASSERT_GE(box.left, 0);
    ASSERT_GE(box.top, 0);
    ASSERT_LE(box.left + box.width, width);
    ASSERT_LE(box.top + box.height, height);
  }
}

TEST(CropBox, FallbackIsCentralWithABoundedAspect) {
  const image::Box wide = fallback_box(1000, 60);
  EXPECT_EQ(wide.width, 80);
  EXPECT_EQ(wide.height, 60);
  EXPECT_EQ(wide.left, 460);
  const image::Box tall = fallback_box(30, 500);
  EXPECT_EQ(tall.height, 40);
  EXPECT_EQ(tall.top, 230);
  EXPECT_EQ(fallback_box(50, 60).height, 60);
}

TEST(DrawCrop, BlursAsReleasedOrAsInThePaper) {
  EXPECT_EQ(blurred_share(CropKind::first_global, {}), 0);
  EXPECT_NEAR(blurred_share(CropKind::second_global, {}), 0.9, 0.03);
  EXPECT_NEAR(blurred_share(CropKind::local, {}), 0.5, 0.04);
  const AugmentConfig paper{.paper_blur = true};
  EXPECT_EQ(blurred_share(CropKind::first_global, paper), 1);
  EXPECT_NEAR(blurred_share(CropKind::second_global, paper), 0.1, 0.03);
  EXPECT_NEAR(blurred_share(CropKind::local, paper), 0.5, 0.04);
}

TEST(DrawCrop, StepsComeInEveryOrderWithinTheirRanges) {
  Random random(5);
  std::set<std::vector<int>> orders;
  for (int i = 0; i < 2000; ++i) {
    std::vector<int> order;
    for (const ColourStep& step : draw_crop(CropKind::local, 64, 64, {}, random).jitter) {
      order.push_back(static_cast<int>(step.op));
      const bool hue = step.op == ColourOp::hue;
      const double reach = hue ? 0.1 : step.op == ColourOp::saturation ? 0.2 : 0.4;
      EXPECT_LE(std::abs(step.factor - (hue ? 0 : 1)), reach);
    }
    if (!order.empty()) orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 24u);
}

TEST(DrawCrop, FlipCanBeTurnedOffAndOnlySecondGlobalsAreSolarised) {
  Random random(6);
  int flips = 0, solarised = 0;
  for (int i = 0; i < 1000; ++i) {
    flips += draw_crop(CropKind::local, 64, 64, {.flip = false}, random).flip;
    solarised += draw_crop(CropKind::local, 64, 64, {}, random).solarize;
    solarised += draw_crop(CropKind::first_global, 64, 64, {}, random).solarize;
  }
  EXPECT_EQ(flips, 0);
  EXPECT_EQ(solarised, 0);
}

TEST(Apply, APlanWithoutChangesIsAResizedCrop) {
  const image::Image picture = noise_picture(50, 40, 1);
  const CropPlan plan{.box = {5, 6, 20, 24}, .size = 16};
  EXPECT_EQ(apply(picture, plan).pixels,
            image::resized_crop(picture, {5, 6, 20, 24}, 16, 16).pixels);
}

TEST(Apply, OperationsFollowThePlansOrder) {
  const image::Image picture = noise_picture(16, 16, 2);
  const CropPlan plan{.box = {0, 0, 16, 16},
                      .size = 16,
                      .flip = true,
                      .jitter = {{ColourOp::hue, 0.05}, {ColourOp::contrast, 1.3}},
                      .gray = true,
                      .solarize = true};
  image::Image want = image::flip_horizontal(picture);
  image::adjust_hue(want, 0.05);
  image::adjust_contrast(want, 1.3);
  image::to_grayscale(want);
  image::solarize(want, 128);
  EXPECT_EQ(apply(picture, plan).pixels, want.pixels);
}

TEST(Augment, FillsEveryCropAndDependsOnTheSeedAlone) {
  const image::Image picture = noise_picture(90, 70, 3);
  const AugmentConfig config{
      .global_crops_size = 28, .local_crops_size = 14, .local_crops_number = 3};
  const auto crops = crops_of(picture, config, 42);
  ASSERT_EQ(crops.size(), 5u);
  for (const auto& crop : crops) {
    EXPECT_GT(*std::min_element(crop.begin(), crop.end()), -3);
    EXPECT_LT(*std::max_element(crop.begin(), crop.end()), 3);
  }
  EXPECT_EQ(crops_of(picture, config, 42), crops);
  EXPECT_NE(crops_of(picture, config, 43), crops);
}

TEST(Augment, APictureOfOnePixelIsEnough) {
  const image::Image picture = noise_picture(1, 1, 4);
  const auto crops = crops_of(
      picture, {.global_crops_size = 14, .local_crops_size = 7, .local_crops_number = 1}, 1);
  EXPECT_TRUE(std::all_of(crops[0].begin(), crops[0].end(), [](float v) { return v > -100; }));
}

}  // namespace
}  // namespace troodon::views
