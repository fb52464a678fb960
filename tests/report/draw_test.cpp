#include "report/draw.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::report {
namespace {

image::Image plain(int width, int height, Colour colour) {
  image::Image out(width, height);
  for (size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = colour[i % 3];
  return out;
}

Colour pixel(const image::Image& image, int x, int y) {
  const uint8_t* p = image.row(y) + x * 3;
  return {p[0], p[1], p[2]};
}

/// CIE relative luminance to L*, an independent measure of lightness.
double lightness(Colour colour) {
  const std::array<double, 3> weight = {0.2126, 0.7152, 0.0722};
  double y = 0;
  for (size_t k = 0; k < 3; ++k) {
    const double c = colour[k] / 255.0;
    y += weight[k] * (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

TEST(OverlayMask, CoversExactlyTheMaskedCells) {
  const image::Image white = plain(6, 4, {255, 255, 255});
  const std::vector<uint8_t> mask = {0, 1, 0, 1, 0, 0};  // 2 rows, 3 columns of 2 x 2 pixels
  const image::Image out =
      overlay_mask(white, mask, {2, 3}, {.colour = {255, 0, 55}, .opacity = 0.5});
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 6; ++x) {
      const bool covered = mask[static_cast<size_t>(y / 2 * 3 + x / 2)] != 0;
      EXPECT_EQ(pixel(out, x, y), (covered ? Colour{255, 128, 155} : Colour{255, 255, 255}));
    }
  }
}

TEST(OverlayMask, AWrongLengthIsAnError) {
  const std::vector<uint8_t> mask(5);
  EXPECT_THROW(overlay_mask(plain(4, 4, {}), mask, {2, 3}), Error);
  EXPECT_THROW(overlay_mask(plain(4, 4, {}), {}, {0, 3}), Error);
}

TEST(Blend, MixesByShareAndRefusesOtherSizes) {
  const image::Image mixed = blend(plain(1, 1, {0, 100, 200}), plain(1, 1, {100, 100, 0}), 0.25);
  EXPECT_EQ(pixel(mixed, 0, 0), (Colour{25, 100, 150}));
  EXPECT_THROW(blend(plain(1, 1, {}), plain(2, 1, {}), 0.5), Error);
}

TEST(EnlargeNearest, EachPixelBecomesABlock) {
  image::Image small(2, 1);
  small.pixels = {10, 20, 30, 40, 50, 60};
  const image::Image big = enlarge_nearest(small, 6, 3);
  EXPECT_EQ(pixel(big, 2, 2), (Colour{10, 20, 30}));
  EXPECT_EQ(pixel(big, 3, 0), (Colour{40, 50, 60}));
}

TEST(EnlargeBilinear, InterpolatesBetweenPixelCentres) {
  image::Image small(2, 1);
  small.pixels = {0, 0, 0, 100, 200, 40};
  const image::Image big = enlarge_bilinear(small, 4, 2);
  EXPECT_EQ(pixel(big, 0, 0), (Colour{0, 0, 0}));
  EXPECT_EQ(pixel(big, 1, 1), (Colour{25, 50, 10}));
  EXPECT_EQ(pixel(big, 2, 0), (Colour{75, 150, 30}));
  EXPECT_EQ(pixel(big, 3, 1), (Colour{100, 200, 40}));
  EXPECT_THROW(enlarge_bilinear({}, 4, 4), Error);
}

TEST(Sheet, PlacesPicturesInReadingOrderWithPadding) {
  const std::vector<image::Image> pictures = {
      plain(4, 2, {1, 1, 1}), plain(2, 2, {2, 2, 2}), plain(4, 2, {3, 3, 3})};
  const image::Image out = sheet(pictures, {.columns = 2, .padding = 1, .background = {9, 9, 9}});
  EXPECT_EQ(out.width, 2 * (4 + 1) + 1);
  EXPECT_EQ(out.height, 2 * (2 + 1) + 1);
  EXPECT_EQ(pixel(out, 0, 0), (Colour{9, 9, 9}));
  EXPECT_EQ(pixel(out, 1, 1), (Colour{1, 1, 1}));
  EXPECT_EQ(pixel(out, 6, 1), (Colour{9, 9, 9}));  // the narrow picture stands in the middle
  EXPECT_EQ(pixel(out, 7, 1), (Colour{2, 2, 2}));
  EXPECT_EQ(pixel(out, 1, 4), (Colour{3, 3, 3}));
  EXPECT_TRUE(sheet({}).empty());
}

TEST(HeatColour, LightnessRisesInEvenSteps) {
  double smallest = 100, largest = 0;
  for (int i = 0; i < 20; ++i) {
    const double step = lightness(heat_colour((i + 1) / 20.0)) - lightness(heat_colour(i / 20.0));
    smallest = std::min(smallest, step), largest = std::max(largest, step);
  }
  EXPECT_GT(smallest, 2.5);  // of 100 / 20 = 5 at most
  EXPECT_LT(largest, 6.5);
}

TEST(HeatMap, StretchesItsOwnRangeAndShowsNaNAsGrey) {
  const std::vector<float> values = {-3, 5, NAN, 1};
  const image::Image out = heat_map(values, {2, 2});
  EXPECT_EQ(pixel(out, 0, 0), heat_colour(0));
  EXPECT_EQ(pixel(out, 1, 0), heat_colour(1));
  EXPECT_EQ(pixel(out, 0, 1), (Colour{128, 128, 128}));
  EXPECT_EQ(pixel(out, 1, 1), heat_colour(0.5));
}

TEST(HeatMap, UsesAGivenRangeAndDrawsConstantsInTheMiddle) {
  const std::vector<float> values = {0.25F, 7};
  EXPECT_EQ(pixel(heat_map(values, {1, 2}, {{0.0F, 1.0F}}), 0, 0), heat_colour(0.25));
  EXPECT_EQ(pixel(heat_map(values, {1, 2}, {{0.0F, 1.0F}}), 1, 0), heat_colour(1));
  const std::vector<float> constant(2, 4.0F);
  EXPECT_EQ(pixel(heat_map(constant, {2, 1}), 0, 1), heat_colour(0.5));
  EXPECT_THROW(heat_map(constant, {2, 2}), Error);
}

TEST(RgbGrid, RoundsAndClampsToBytes) {
  const std::vector<float> rgb = {0, 0.5F, 1, -2, 3, NAN};
  const image::Image out = rgb_grid(rgb, {1, 2});
  EXPECT_EQ(pixel(out, 0, 0), (Colour{0, 128, 255}));
  EXPECT_EQ(pixel(out, 1, 0), (Colour{0, 255, 128}));
  EXPECT_THROW(rgb_grid(rgb, {2, 2}), Error);
}

}  // namespace
}  // namespace troodon::report
