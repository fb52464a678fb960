#include "fingerprint/fingerprint.hpp"

#include <gtest/gtest.h>

#include "fingerprint/retouch.hpp"
#include "pictures.hpp"

namespace troodon::fingerprint {
namespace {

TEST(Compare, SaysHowACopyWasMade) {
  const image::Image image = clouds(320, 240, 1);
  const Fingerprint print = fingerprint_of(image);
  const auto kind = [&](const image::Image& copy) {
    return compare(print, fingerprint_of(copy)).kind;
  };
  EXPECT_EQ(kind(image), CopyKind::whole);
  EXPECT_EQ(kind(image::resize(image, 100, 100)), CopyKind::whole);
  EXPECT_EQ(kind(turned(image, 6)), CopyKind::turned);
  EXPECT_EQ(kind(framed(image, 420, 420, {0, 0, 0})), CopyKind::inside);
  EXPECT_EQ(kind(image::crop(image, {30, 20, 180, 240})), CopyKind::part);
  EXPECT_EQ(kind(clouds(320, 240, 2)), CopyKind::none);
}

TEST(Compare, NamesTheTurnThatMakesTheFirstTheSecond) {
  const image::Image image = clouds(320, 240, 3);
  for (int turn = 0; turn < kTurns; ++turn) {
    const CopyVerdict verdict = compare(fingerprint_of(image), fingerprint_of(turned(image, turn)));
    EXPECT_EQ(verdict.turn, turn);
    EXPECT_EQ(verdict.distance, 0);
  }
}

TEST(Compare, GivesTheSameKindBothWays) {
  std::vector<Fingerprint> prints;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const image::Image image = clouds(200, 150, seed);
    prints.push_back(fingerprint_of(image));
    prints.push_back(fingerprint_of(image::crop(image, {10, 10, 120, 160})));
    prints.push_back(fingerprint_of(turned(image, 5)));
  }
  for (const Fingerprint& a : prints) {
    for (const Fingerprint& b : prints) EXPECT_EQ(compare(a, b).kind, compare(b, a).kind);
  }
}

TEST(Compare, FlatPicturesAreNobodysCopies) {
  image::Image grey(100, 80), white(100, 80);
  std::fill(grey.pixels.begin(), grey.pixels.end(), uint8_t{90});
  std::fill(white.pixels.begin(), white.pixels.end(), uint8_t{255});
  EXPECT_FALSE(compare(fingerprint_of(grey), fingerprint_of(white)));
  EXPECT_FALSE(compare(fingerprint_of(grey), fingerprint_of(clouds(100, 80, 1))));
  EXPECT_FALSE(compare(fingerprint_of(clouds(1, 1, 1)), fingerprint_of(clouds(1, 1, 1))));
}

TEST(Compare, ThingsOnPaperThatFillTheirPicturesAlikeAreNoCopies) {
  image::Image tall(100, 300), wide(300, 100);  // the same bar once stretched to a square
  for (auto* image : {&tall, &wide}) {
    const image::Image bar = clouds(image->width, image->height, 7);
    *image = framed(bar, 400, 400, {255, 255, 255});
  }
  EXPECT_EQ(compare(fingerprint_of(tall), fingerprint_of(wide)).kind, CopyKind::none);
}

}  // namespace
}  // namespace troodon::fingerprint
