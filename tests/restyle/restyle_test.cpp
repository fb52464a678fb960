#include "restyle/restyle.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "restyle/colours.hpp"
#include "restyle/guided.hpp"
#include "restyle/oklab.hpp"

namespace troodon::restyle {
namespace {

using Colour = std::array<uint8_t, 3>;

/// Upper and lower half of two colours with some noise; `turned`: the lower thing is above.
image::Image halves(Colour upper, Colour lower, uint64_t seed) {
  image::Image out(64, 64);
  Random random(seed);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      for (size_t c = 0; c < 3; ++c) {
        const int noise = static_cast<int>(random.integer(-6, 6));
        out.row(y)[x * 3 + static_cast<int>(c)] =
            static_cast<uint8_t>(std::clamp((y < 32 ? upper : lower)[c] + noise, 0, 255));
      }
  return out;
}

/// Features of two kinds of thing: the first above, or below where turned.
match::Places things(bool turned) {
  match::Places out{
      .rows = 8, .columns = 8, .dim = 4, .parts = {{4, 1.0}}, .width = 64, .height = 64};
  Random random(turned ? 2 : 1);
  for (int r = 0; r < 8; ++r)
    for (int c = 0; c < 8; ++c)
      for (int i = 0; i < 4; ++i)
        out.values.push_back(static_cast<float>((((r < 4) != turned) == (i < 2) ? 1.0 : 0.0) +
                                                0.1 * random.normal()));
  return out;
}

std::array<double, 3> mean(const image::Image& picture, int top, int bottom) {
  std::array<double, 3> out = {};
  for (int y = top; y < bottom; ++y)
    for (int x = 0; x < picture.width; ++x)
      for (size_t c = 0; c < 3; ++c)
        out[c] += picture.row(y)[x * 3 + static_cast<int>(c)] / (64.0 * (bottom - top));
  return out;
}

const Colour kBlue = {60, 90, 200}, kGreen = {50, 140, 60}, kRed = {200, 60, 50},
             kYellow = {220, 200, 80};

TEST(RestyleTest, EachThingTakesTheColourOfItsLikeWhereverThatLies) {
  const image::Image content = halves(kBlue, kGreen, 1), style = halves(kYellow, kRed, 2);
  // What is above in the content lies below in the style: blue becomes red, green yellow.
  const image::Image made =
      restyle(content, things(false), style, things(true), {.regions = 2, .threads = 2});
  const auto above = mean(made, 2, 26), below = mean(made, 38, 62);
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(above[c], kRed[c], 22);
    EXPECT_NEAR(below[c], kYellow[c], 22);
  }
}

TEST(RestyleTest, StrengthZeroLeavesThePictureAndThreadsDoNotMatter) {
  const image::Image content = halves(kBlue, kGreen, 1), style = halves(kYellow, kRed, 2);
  const image::Image same = restyle(content, things(false), style, things(false), {.strength = 0});
  int most = 0;
  for (size_t i = 0; i < same.pixels.size(); ++i)
    most = std::max(most, std::abs(same.pixels[i] - content.pixels[i]));
  EXPECT_LE(most, 1);
  RestyleOptions options{.texture = 0.5, .threads = 1};
  const auto one = restyle(content, things(false), style, things(true), options);
  options.threads = 3;
  EXPECT_EQ(one.pixels, restyle(content, things(false), style, things(true), options).pixels);
}

TEST(RestyleTest, TextureBringsTheOthersRoughness) {
  const auto roughness = [](const image::Image& picture) {
    double out = 0;
    for (int y = 8; y < 56; ++y)
      for (int x = 8; x < 56; ++x)
        out += std::abs(picture.row(y)[x * 3 + 1] - picture.row(y)[x * 3 - 2]);
    return out;
  };
  image::Image plain(64, 64), rough(64, 64);
  for (size_t i = 0; i < plain.pixels.size(); ++i) {
    plain.pixels[i] = 128;
    rough.pixels[i] = i / 3 % 2 == 0 ? 90 : 170;
  }
  const auto without = restyle(plain, things(false), rough, things(false), {.texture = 0});
  const auto with = restyle(plain, things(false), rough, things(false), {.texture = 1});
  EXPECT_GT(roughness(with), 5 * roughness(without) + 1000);
}

TEST(RestyleTest, AnEmptyPictureIsRefused) {
  EXPECT_THROW(restyle(image::Image(), things(false), halves(kBlue, kRed, 1), things(false)),
               Error);
}

TEST(OklabTest, ThereAndBackIsTheSamePicture) {
  image::Image all(64, 64);
  Random random(4);
  for (auto& value : all.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  EXPECT_EQ(to_srgb(to_lab(all)).pixels, all.pixels);
  image::Image red(1, 1);
  red.pixels = {255, 0, 0};
  const Lab lab = to_lab(red);  // Ottosson's table
  EXPECT_NEAR(lab.values[0], 0.628, 1e-3);
  EXPECT_NEAR(lab.values[1], 0.225, 1e-3);
  EXPECT_NEAR(lab.values[2], 0.126, 1e-3);
}

TEST(ColoursTest, AMapGivesOneSpreadTheOthersMeanAndCovariance) {
  Lab from(40, 40), to(40, 40);
  Random random(6);
  for (size_t i = 0; i < from.pixels(); ++i) {
    const double x = random.normal(), y = random.normal(), z = random.normal();
    const double values[] = {0.5 + 0.05 * x, 0.03 * y, 0.02 * z + 0.01 * x};
    const double others[] = {0.7 + 0.06 * y, 0.05 + 0.03 * x + 0.02 * y, -0.1 + 0.03 * z};
    for (size_t c = 0; c < 3; ++c) {
      from.values[i * 3 + c] = static_cast<float>(values[c]);
      to.values[i * 3 + c] = static_cast<float>(others[c]);
    }
  }
  const std::vector<float> all(from.pixels(), 1.0F);
  const Spread wanted = spread_of(to, all);
  const ColourMap map = colour_map(spread_of(from, all), wanted);
  for (size_t i = 0; i < from.pixels(); ++i) {
    const auto moved = map(from.values.data() + i * 3);
    std::copy(moved.begin(), moved.end(), from.values.begin() + static_cast<ptrdiff_t>(i * 3));
  }
  const Spread made = spread_of(from, all);
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(made.mean[c], wanted.mean[c], 1e-4);
  for (size_t c = 0; c < 9; ++c) EXPECT_NEAR(made.covariance[c], wanted.covariance[c], 1.5e-4);
}

TEST(GuidedTest, APlaneTakesTheEdgeOfThePicture) {
  Lab guide(64, 64);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      guide.values[static_cast<size_t>(y * 64 + x) * 3] = x < 37 ? 0.1F : 0.9F;
  std::vector<float> plane(64);  // 8 x 8, the border at 40 pixels, between patches
  for (size_t i = 0; i < 64; ++i) plane[i] = i % 8 < 5 ? 0.0F : 1.0F;
  const auto out = guided(plane, 8, 8, guide, 1);
  EXPECT_GT(out[32 * 64 + 38] - out[32 * 64 + 36], 0.4F);
  EXPECT_LT(std::abs(out[32 * 64 + 36] - out[32 * 64 + 34]), 0.1F);
}

TEST(GuidedTest, AMeanOverABoxIsTheMeanOfWhatThereIs) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const auto out = box_mean(values, 3, 2, 1);
  EXPECT_FLOAT_EQ(out[0], 3);    // 1 2 4 5
  EXPECT_FLOAT_EQ(out[1], 3.5);  // all
  EXPECT_FLOAT_EQ(out[5], 4);    // 2 3 5 6
}

}  // namespace
}  // namespace troodon::restyle
