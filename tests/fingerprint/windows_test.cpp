#include "fingerprint/windows.hpp"

#include <gtest/gtest.h>

#include "fingerprint/margins.hpp"
#include "fingerprint/retouch.hpp"
#include "pictures.hpp"

namespace troodon::fingerprint {
namespace {

Thumbnail thumbnail(const image::Image& image) {
  const Grey grey = reduced(image);
  return thumbnail_of(grey, {0, 0, grey.height, grey.width});
}

TEST(Align, FindsWhereAPartWasCutOut) {
  const image::Image image = clouds(400, 300, 1);
  const image::Image part = image::crop(image, {45, 80, 225, 300});  // 0.2, 0.15 and three quarters
  Window window{0.15F, 0.2F, 0.7F, 0.7F};
  const Agreement found = align(thumbnail(image), thumbnail(part), window);
  EXPECT_GT(found.pixels, 0.98);
  EXPECT_GT(found.steps, 0.95);
  EXPECT_NEAR(window.left, 0.2, 0.02);
  EXPECT_NEAR(window.top, 0.15, 0.02);
  EXPECT_NEAR(window.width, 0.75, 0.03);
}

TEST(Align, AnotherPictureDoesNotAgreeAnywhere) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    for (Window window : {Window{}, Window{0.1F, 0.1F, 0.8F, 0.8F}}) {
      const Agreement found =
          align(thumbnail(clouds(90, 90, seed)), thumbnail(clouds(90, 90, seed + 50)), window);
      EXPECT_LT(std::min(found.pixels, found.steps), 0.8);
    }
  }
}

TEST(WindowHash, ThePartsHashIsNearItsWindowsHash) {
  const image::Image image = clouds(200, 200, 3);
  const Window window{0.1F, 0.2F, 0.8F, 0.8F};
  const Hash64 here = window_hash(thumbnail(image), window);
  const Hash64 cut = window_hash(thumbnail(image::crop(image, {40, 20, 160, 160})), {});
  EXPECT_LE(hamming(here, cut), 6);
  EXPECT_GE(hamming(here, window_hash(thumbnail(clouds(200, 200, 4)), window)), 16);
}

TEST(StandardWindows, BeginWithTheWholeAndStayInside) {
  EXPECT_EQ(standard_windows().size(), 51U);
  EXPECT_EQ(standard_windows()[0].width, 1);
  for (const Window& w : standard_windows()) {
    EXPECT_LE(std::max(w.left + w.width, w.top + w.height), 1.0001F);
  }
}

TEST(WithoutMargins, ABorderIsCutOff) {
  const image::Image image = clouds(160, 120, 5);
  const image::Box box = without_margins(reduced(framed(image, 200, 180, {240, 240, 240})));
  EXPECT_NEAR(box.left, 20, 1);
  EXPECT_NEAR(box.top, 30, 1);
  EXPECT_NEAR(box.width, 160, 2);
  EXPECT_NEAR(box.height, 120, 2);
}

TEST(WithoutMargins, APictureWithoutOneAndAFlatOneAreKeptWhole) {
  EXPECT_EQ(without_margins(reduced(clouds(160, 120, 5))).width, 160);
  image::Image flat(50, 40);
  EXPECT_EQ(without_margins(reduced(flat)).width, 50);
  EXPECT_EQ(without_margins(reduced(flat)).height, 40);
}

}  // namespace
}  // namespace troodon::fingerprint
