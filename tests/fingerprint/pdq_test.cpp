#include "fingerprint/pdq.hpp"

#include <gtest/gtest.h>

#include "fingerprint/dhash.hpp"
#include "pictures.hpp"

namespace troodon::fingerprint {
namespace {

TEST(Turned, EightTurnsFormTheGroupOfTheSquare) {
  const image::Image image = clouds(7, 4, 1);
  EXPECT_EQ(turned(image, 1).pixels, image::flip_horizontal(image).pixels);
  for (const int own_inverse : {0, 1, 2, 3, 4}) {
    EXPECT_EQ(turned(turned(image, own_inverse), own_inverse).pixels, image.pixels);
  }
  EXPECT_EQ(turned(turned(image, 5), 6).pixels, image.pixels);  // quarter turns undo each other
  EXPECT_EQ(turned(image, 4).width, 4);
}

TEST(Reduced, TurningThePictureTurnsTheResultBitForBit) {
  for (const auto& [width, height] : {std::pair{611, 407}, {300, 301}, {90, 35}}) {
    const image::Image image = clouds(width, height, 2);
    const Grey grey = reduced(image), transposed = reduced(turned(image, 4));
    ASSERT_EQ(transposed.width, grey.height);
    for (int y = 0; y < grey.height; ++y) {
      for (int x = 0; x < grey.width; ++x) ASSERT_EQ(grey.row(y)[x], transposed.row(x)[y]);
    }
  }
}

TEST(Reduced, AFlatPictureKeepsItsLevelAndALargeOneItsAspect) {
  image::Image image(1024, 300);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{77});
  const Grey grey = reduced(image);
  EXPECT_EQ(grey.width, 256);
  EXPECT_EQ(grey.height, 75);
  for (const uint16_t v : grey.values) ASSERT_EQ(v, 77 * kGreyLevel);
  for (const uint16_t v : area_resize(grey, 300, 7).values) ASSERT_EQ(v, 77 * kGreyLevel);
}

TEST(AreaResize, ThreePixelsToTwoAreWeighedByTheCoveredArea) {
  Grey grey(3, 1);
  grey.values = {0, 300, 600};
  const Grey two = area_resize(grey, 2, 1);
  EXPECT_EQ(two.values, (std::vector<uint16_t>{100, 500}));  // (0 + 300/2) / 1.5
}

TEST(Pdq, TheTurnsHashesEqualTheTurnedPicturesHashes) {
  for (const auto& [width, height] : {std::pair{640, 427}, {64, 64}, {200, 333}, {33, 61}}) {
    const image::Image image = clouds(width, height, 3);
    const PdqTurns all = pdq_turns(reduced(image));
    for (int turn = 0; turn < kTurns; ++turn) {
      const Pdq one = pdq(reduced(turned(image, turn)));
      EXPECT_EQ(all.hashes[turn], one.hash) << width << "x" << height << " turn " << turn;
      EXPECT_EQ(all.quality, one.quality);
    }
  }
}

TEST(Pdq, HalfOfTheBitsAreSetAndOtherPicturesAreFar) {
  const Hash256 a = pdq(reduced(clouds(300, 200, 4))).hash;
  const Hash256 b = pdq(reduced(clouds(300, 200, 5))).hash;
  EXPECT_EQ(hamming(a, Hash256{}), 128);
  EXPECT_GT(hamming(a, b), 90);
}

TEST(Pdq, ASmallerPictureAndAnotherAspectHashAlike) {
  const image::Image image = clouds(600, 400, 6);
  const Hash256 hash = pdq(reduced(image)).hash;
  EXPECT_LE(hamming(hash, pdq(reduced(image::resize(image, 300, 200))).hash), 10);
  EXPECT_LE(hamming(hash, pdq(reduced(image::resize(image, 128, 128))).hash), 10);
}

TEST(Pdq, NearlyNothingToSeeHasNoQuality) {
  image::Image flat(100, 100);
  std::fill(flat.pixels.begin(), flat.pixels.end(), uint8_t{90});
  EXPECT_EQ(pdq(reduced(flat)).quality, 0);
  EXPECT_EQ(pdq(reduced(flat)).hash, Hash256{});
  EXPECT_EQ(pdq(reduced(clouds(4, 90, 1))).hash, Hash256{});  // too thin
  EXPECT_EQ(pdq(reduced(clouds(1, 1, 1))).quality, 0);
}

TEST(Dhash, ARampOfLightSetsEveryBitAndItsMirrorNone) {
  image::Image ramp(90, 80);
  for (int y = 0; y < 80; ++y) {
    for (int x = 0; x < 90; ++x) std::fill_n(ramp.row(y) + 3 * x, 3, static_cast<uint8_t>(2 * x));
  }
  EXPECT_EQ(dhash(reduced(ramp)), ~Hash64{0});
  EXPECT_EQ(dhash(reduced(turned(ramp, 1))), Hash64{0});
}

TEST(Dhash, TheFirstBitIsTheMostSignificant) {
  Grey grey(9, 8);
  grey.row(0)[1] = 50;
  EXPECT_EQ(dhash(grey), Hash64{1} << 63);
}

}  // namespace
}  // namespace troodon::fingerprint
