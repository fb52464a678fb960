#include "fingerprint/edits.hpp"

#include <set>

#include <gtest/gtest.h>

#include "fingerprint/pdq.hpp"
#include "fingerprint/retouch.hpp"
#include "pictures.hpp"

namespace troodon::fingerprint {
namespace {

/// The standard edits and one of each kind that they lack.
std::vector<Edit> all_edits() {
  std::vector<Edit> out = standard_edits();
  out.insert(out.end(), {{EditKind::text, 0.1}, {EditKind::letterbox}, {EditKind::hue, 0.1}});
  return out;
}

TEST(Edited, TheSameSeedGivesTheSamePixels) {
  const image::Image image = clouds(160, 120, 1);
  for (const Edit& edit : all_edits()) {
    const image::Image once = edited(image, edit, 7), again = edited(image, edit, 7);
    EXPECT_EQ(once.pixels, again.pixels) << name_of(edit);
    EXPECT_EQ(once.width, again.width) << name_of(edit);
    EXPECT_NE(once.pixels, image.pixels) << name_of(edit);
  }
}

TEST(Edited, PlacesDifferWithTheSeed) {
  const image::Image image = clouds(160, 120, 1);
  for (const Edit& edit : {Edit{EditKind::crop, 0.5},
                           Edit{EditKind::box, 0.45},
                           Edit{EditKind::text, 0.1},
                           Edit{EditKind::border, 0.1}}) {
    EXPECT_NE(edited(image, edit, 1).pixels, edited(image, edit, 2).pixels) << name_of(edit);
  }
}

TEST(Edited, EveryEditBearsAPictureOfOnePixel) {
  for (const Edit& edit : all_edits()) {
    const image::Image out = edited(clouds(1, 1, 3), edit, 1);
    EXPECT_FALSE(out.empty()) << name_of(edit);
  }
}

TEST(Edited, ACropKeepsItsShareOfTheArea) {
  const image::Image image = clouds(400, 300, 1);
  for (const double share : {0.95, 0.8, 0.5}) {
    const image::Image out = edited(image, {EditKind::crop, share}, 5);
    EXPECT_NEAR(out.width * out.height / (400.0 * 300.0), share, 0.01);
  }
}

TEST(Edited, ABorderLeavesThePictureInTheMiddle) {
  const image::Image image = clouds(100, 80, 1);
  const image::Image out = edited(image, {EditKind::border, 0.1}, 1);
  ASSERT_EQ(out.width, 120);
  ASSERT_EQ(out.height, 96);
  EXPECT_EQ(image::crop(out, {8, 10, 80, 100}).pixels, image.pixels);
}

TEST(Rotated, AQuarterTurnOfASquareIsTheTurnWithoutInterpolation) {
  const image::Image image = clouds(31, 31, 2);
  EXPECT_EQ(rotated(image, 90).pixels, turned(image, 6).pixels);
  EXPECT_EQ(rotated(image, 0).pixels, image.pixels);
}

TEST(PlannedCopies, ListEveryPairOnceAndBeginAlike) {
  const auto edits = standard_edits();
  EXPECT_EQ(edits.size(), 16U);
  const auto some = planned_copies(3, edits, 9), more = planned_copies(5, edits, 9);
  ASSERT_EQ(some.size(), 48U);
  std::set<uint64_t> seeds;
  for (size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ(some[i].original, i / 16);
    EXPECT_EQ(name_of(some[i].edit), name_of(edits[i % 16]));
    EXPECT_EQ(some[i].seed, more[i].seed);
    seeds.insert(some[i].seed);
  }
  EXPECT_EQ(seeds.size(), 48U);
}

TEST(NameOf, SaysKindAndAmount) {
  EXPECT_EQ(name_of({EditKind::crop, 0.8}), "crop 0.8");
  EXPECT_EQ(name_of({EditKind::letterbox}), "letterbox");
}

}  // namespace
}  // namespace troodon::fingerprint
