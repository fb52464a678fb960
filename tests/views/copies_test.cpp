#include "views/copies.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "image/resize.hpp"

namespace troodon::views {
namespace {

using fingerprint::EditKind;

/// Slopes in every channel: no two parts are alike.
image::Image slope_picture(int width, int height, uint8_t blue) {
  image::Image picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = picture.row(y) + size_t{3} * x;
      pixel[0] = static_cast<uint8_t>(255 * x / width);
      pixel[1] = static_cast<uint8_t>(255 * y / height);
      pixel[2] = blue;
    }
  }
  return picture;
}

std::vector<float> pair_of(const image::Image& picture, const image::Image& other, uint64_t seed) {
  const CopyConfig config{.size = 32};
  std::vector<float> out(2 * 3 * 32 * 32, -100.0F);
  float* const outs[] = {out.data(), out.data() + out.size() / 2};
  Random random(seed);
  copy_pair(picture, other, config, random, outs);
  return out;
}

CopyPlan plain(const image::Image& picture) {
  return {.box = {.top = 0, .left = 0, .height = picture.height, .width = picture.width}};
}

TEST(CopyPair, IsTheSameForTheSameSeedAlone) {
  const auto picture = slope_picture(60, 40, 90), other = slope_picture(40, 50, 200);
  EXPECT_EQ(pair_of(picture, other, 7), pair_of(picture, other, 7));
  EXPECT_NE(pair_of(picture, other, 7), pair_of(picture, other, 8));
}

TEST(CopyPair, IsMadeOfPicturesOfAnyShape) {
  const auto other = slope_picture(40, 50, 200);
  for (const auto& [width, height] : {std::pair(1, 1), {1, 90}, {200, 3}, {500, 400}}) {
    for (uint64_t seed = 0; seed < 40; ++seed) {
      const auto pair = pair_of(slope_picture(width, height, 9), other, seed);
      EXPECT_TRUE(std::ranges::none_of(pair, [](float v) { return v == -100.0F; })) << seed;
    }
  }
}

TEST(CopyPlan, WithoutEditsShowsThePictureAsFeaturesDo) {
  const auto picture = slope_picture(60, 40, 90);
  CopyPlan plan = plain(picture);
  EXPECT_EQ(apply(picture, picture, plan, 32).pixels, image::resize(picture, 32, 32).pixels);
  plan.stretched = false;
  EXPECT_EQ(apply(picture, picture, plan, 32).pixels, image::evaluation_crop(picture, 32).pixels);
}

TEST(CopyPlan, DrawsEveryEditAndMixtureNowAndThen) {
  const CopyConfig config{.size = 32};
  Random random(3);
  std::set<EditKind> kinds;
  std::set<Mixing> mixings;
  for (int i = 0; i < 500; ++i) {
    const CopyPlan plan = draw_copy(60, 40, config, random);
    for (const auto& edit : plan.edits) kinds.insert(edit.kind);
    for (const auto& edit : plan.last_edits) kinds.insert(edit.kind);
    mixings.insert(plan.mixing);
    EXPECT_LE(plan.box.left + plan.box.width, 60);
    EXPECT_LE(plan.box.top + plan.box.height, 40);
  }
  EXPECT_EQ(mixings.size(), 4U);
  EXPECT_EQ(kinds.size(), 12U);  // all but squash, crop and letterbox: box, bars and view do them
}

/// Part of the pixels whose blue is the other picture's.
double part_of_other(Mixing mixing, double share) {
  const auto picture = slope_picture(64, 64, 0), other = slope_picture(64, 64, 200);
  CopyPlan plan = plain(picture);
  plan.mixing = mixing, plan.share = share;
  const image::Image view = apply(picture, other, plan, 64);
  double sum = 0;
  for (size_t i = 2; i < view.pixels.size(); i += 3) sum += view.pixels[i] / 200.0;
  return sum / (64 * 64);
}

TEST(CopyPlan, MixesAsMuchOfTheOtherPictureInAsItSays) {
  EXPECT_NEAR(part_of_other(Mixing::none, 0.5), 0, 1e-9);
  EXPECT_NEAR(part_of_other(Mixing::pasted, 0.5), 0.75, 1e-9);
  EXPECT_NEAR(part_of_other(Mixing::covered, 0.5), 0.25, 1e-9);
  EXPECT_NEAR(part_of_other(Mixing::blended, 0.7), 0.3, 1e-9);
}

TEST(CopyPlan, PutsBarsWhereItSays) {
  const auto picture = slope_picture(64, 64, 200);
  CopyPlan plan = plain(picture);
  plan.bars = 0.5;  // 64 x 128, then stretched: the picture is the middle half
  const image::Image above = apply(picture, picture, plan, 64);
  plan.bars = -0.5;
  const image::Image beside = apply(picture, picture, plan, 64);
  EXPECT_EQ(above.row(8)[3 * 32 + 2], 0);
  EXPECT_EQ(above.row(32)[3 * 8 + 2], 200);
  EXPECT_EQ(beside.row(8)[3 * 32 + 2], 200);
  EXPECT_EQ(beside.row(32)[3 * 8 + 2], 0);
}

}  // namespace
}  // namespace troodon::views
