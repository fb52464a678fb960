#include "fingerprint/quality.hpp"

#include <gtest/gtest.h>

#include "fingerprint/edits.hpp"
#include "fingerprint/retouch.hpp"
#include "pictures.hpp"

namespace troodon::fingerprint {
namespace {

image::Image flat(int width, int height, uint8_t level) {
  image::Image out(width, height);
  std::fill(out.pixels.begin(), out.pixels.end(), level);
  return out;
}

image::Image white_noise(int width, int height) {
  image::Image out(width, height);
  Random random(1);
  for (uint8_t& v : out.pixels) v = static_cast<uint8_t>(random.integer(0, 255));
  return out;
}

/// Lines of print from margin to margin.
image::Image page(int width, int height, int dot, const Colour& paper, const Colour& ink) {
  image::Image out(width, height);
  fill_box(out, {0, 0, height, width}, paper);
  const int margin = width / 12, letters = (width - 2 * margin) / (kLetterDots * dot);
  uint64_t line = 0;
  for (int y = margin; y + margin < height; y += (kLineDots + 4) * dot) {
    write_text(out, {margin, y, dot, letters, ink, ++line});
  }
  return out;
}

TEST(Quality, EveryNumberKeepsToItsRange) {
  for (const image::Image& image : {clouds(300, 200, 1),
                                    flat(64, 64, 255),
                                    white_noise(100, 90),
                                    page(400, 500, 2, {255, 255, 255}, {0, 0, 0}),
                                    clouds(1, 1, 1),
                                    clouds(2, 300, 1)}) {
    const Quality q = quality_of(image);
    EXPECT_EQ(q.width, image.width);
    for (const double share : {q.dark, q.bright, q.uniformity, q.noise, q.text}) {
      EXPECT_GE(share, 0);
      EXPECT_LE(share, 1);
    }
    EXPECT_GE(q.brightness, 0);
    EXPECT_LE(q.brightness, 255);
    EXPECT_GE(q.contrast, 0);
    EXPECT_LE(q.contrast, 127.5);
    EXPECT_GE(q.sharpness, 0);
  }
}

TEST(Quality, BrightnessContrastAndClippingAreThoseOfTheLevels) {
  image::Image image = flat(100, 100, 0);
  fill_box(image, {0, 0, 100, 50}, {255, 255, 255});
  const Quality q = quality_of(image);
  EXPECT_NEAR(q.brightness, 127.5, 0.1);
  EXPECT_NEAR(q.contrast, 127.5, 0.1);
  EXPECT_NEAR(q.dark, 0.5, 1e-9);
  EXPECT_NEAR(q.bright, 0.5, 1e-9);
  EXPECT_NEAR(q.uniformity, 0.5, 1e-9);
}

TEST(Quality, BlurTakesTheSharpnessAway) {
  const image::Image image = page(256, 256, 2, {255, 255, 255}, {0, 0, 0});
  double before = quality_of(image).sharpness;
  for (const double sigma : {1.0, 2.0, 4.0}) {
    const double after = quality_of(edited(image, {EditKind::blur, sigma}, 1)).sharpness;
    EXPECT_LT(after, before / 3);
    before = after;
  }
}

TEST(Quality, TheLaplacianOfAnEvenSlopeIsZeroAndOfADotIsKnown) {
  image::Image slope(100, 50), dot(5, 5);
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 100; ++x) std::fill_n(slope.row(y) + 3 * x, 3, static_cast<uint8_t>(2 * x));
  }
  EXPECT_NEAR(quality_of(slope).sharpness, 0, 1e-2);
  std::fill_n(dot.row(2) + 6, 3, uint8_t{100});
  // Inside 3 x 3: -400 once, 100 four times: mean 0, squares 200,000 / 9.
  EXPECT_NEAR(quality_of(dot).sharpness, 200000.0 / 9, 1);
}

TEST(Junk, KnowsNoiseFlatPicturesPagesAndScraps) {
  EXPECT_EQ(junk_of(quality_of(clouds(300, 200, 1))), Junk::none);
  EXPECT_EQ(junk_of(quality_of(white_noise(200, 200))), Junk::noise);
  EXPECT_EQ(junk_of(quality_of(white_noise(900, 700))), Junk::noise);
  EXPECT_EQ(junk_of(quality_of(flat(200, 200, 77))), Junk::uniform);
  EXPECT_EQ(junk_of(quality_of(clouds(31, 200, 1))), Junk::too_small);
  EXPECT_EQ(junk_of(quality_of(clouds(600, 60, 1))), Junk::too_long);
  EXPECT_EQ(name_of(Junk::too_small), "too small");
}

TEST(Junk, KnowsPagesInAnySizeOfPrintAndInEitherColour) {
  for (const auto& [width, dot] : {std::pair{256, 1}, {256, 2}, {800, 3}, {1000, 2}}) {
    const Colour white = {250, 250, 248}, black = {15, 15, 20};
    EXPECT_EQ(junk_of(quality_of(page(width, width * 5 / 4, dot, white, black))), Junk::text)
        << width << ", " << dot;
    EXPECT_EQ(junk_of(quality_of(page(width, width * 5 / 4, dot, black, white))), Junk::text);
  }
}

TEST(Junk, ALineOfTextOnAPictureIsNoPage) {
  const image::Image image = edited(clouds(300, 300, 1), {EditKind::text, 0.08}, 1);
  EXPECT_EQ(junk_of(quality_of(image)), Junk::none);
}

TEST(Junk, RulesCanBeTurnedOff) {
  const JunkLimits off{.min_side = 0,
                       .max_aspect = 0,
                       .min_contrast = 0,
                       .max_uniformity = 1,
                       .max_noise = 1,
                       .max_text = 1};
  for (const image::Image& image : {white_noise(90, 90), flat(9, 9, 1), clouds(900, 2, 1)}) {
    EXPECT_EQ(junk_of(quality_of(image), off), Junk::none);
  }
}

TEST(Junk, PhotographsAreNone) {
  int pictures = 0;
  for (const char* folder : {"photos/imagenet_sample", "photos/coco", "imagenette224"}) {
    for (const image::Image& image : pictures_below(data_folder() / folder)) {
      const Quality quality = quality_of(image);
      EXPECT_EQ(junk_of(quality), Junk::none) << folder << ", number " << pictures << ", text "
                                              << quality.text << ", noise " << quality.noise;
      ++pictures;
    }
  }
  if (pictures == 0) GTEST_SKIP() << "the shared image data is not here (set TROODON_DATA)";
}

TEST(Junk, FlatPicturesOfThePoolAreFound) {
  const fs::path pool = data_folder() / "curation/pool";
  if (!fs::exists(pool)) GTEST_SKIP() << "the shared image data is not here (set TROODON_DATA)";
  for (const char* name : {"00719.jpg", "00720.jpg", "00721.jpg", "00722.jpg"}) {
    const auto image = image::read(pool / name);
    ASSERT_TRUE(image);
    EXPECT_EQ(junk_of(quality_of(*image)), Junk::uniform) << name;
  }
}

}  // namespace
}  // namespace troodon::fingerprint
