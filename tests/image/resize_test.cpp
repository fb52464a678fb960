#include "image/resize.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace troodon::image {
namespace {

Image noise(int width, int height, uint64_t seed) {
  Image image(width, height);
  Random random(seed);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  return image;
}

Image transposed(const Image& image) {
  Image out(image.height, image.width);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      std::copy_n(image.row(y) + size_t{3} * x, 3, out.row(x) + size_t{3} * y);
    }
  }
  return out;
}

TEST(Resize, AFlatPictureStaysFlatAtAnySize) {
  Random random(11);
  for (int i = 0; i < 60; ++i) {
    const auto size = [&] { return static_cast<int>(random.integer(1, 70)); };
    Image image(size(), size());
    std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{201});
    for (const Filter filter : {Filter::bilinear, Filter::bicubic}) {
      const Image out = resize(image, size(), size(), filter);
      EXPECT_TRUE(std::all_of(out.pixels.begin(), out.pixels.end(), [](int v) { return v == 201; }))
          << image.width << "x" << image.height << " to " << out.width << "x" << out.height;
    }
  }
}

TEST(Resize, RowsAndColumnsAreTreatedAlike) {
  // One axis at a time: the vector code for rows must equal the plain loop for columns.
  const uint64_t seed = 5;
  Random random(seed);
  for (int i = 0; i < 80; ++i) {
    const auto size = [&] { return static_cast<int>(random.integer(1, 90)); };
    const Image image = noise(size(), size(), seed + i);
    const int width = size();
    const Image across = resize(image, width, image.height);
    const Image down = transposed(resize(transposed(image), image.height, width));
    EXPECT_EQ(across.pixels, down.pixels) << image.width << "x" << image.height << " to " << width;
  }
}

TEST(Resize, ACropOfAPictureEqualsResizingTheCopiedCrop) {
  const uint64_t seed = 9;
  Random random(seed);
  const Image image = noise(61, 47, seed);
  for (int i = 0; i < 60; ++i) {
    Box box;
    box.height = static_cast<int>(random.integer(1, 47));
    box.width = static_cast<int>(random.integer(1, 61));
    box.top = static_cast<int>(random.integer(0, 47 - box.height));
    box.left = static_cast<int>(random.integer(0, 61 - box.width));
    const Image direct = resized_crop(image, box, 32, 24);
    EXPECT_EQ(direct.pixels, resize(crop(image, box), 32, 24).pixels);
  }
}

TEST(Resize, ThePassThatShrinksMostComesFirst) {
  const Image tall = noise(40, 90, 4), wide = noise(90, 40, 4);
  EXPECT_EQ(resize(tall, 30, 30).pixels, resize(resize(tall, 40, 30), 30, 30).pixels);
  EXPECT_EQ(resize(wide, 30, 30).pixels, resize(resize(wide, 30, 40), 30, 30).pixels);
  EXPECT_NE(resize(tall, 30, 30).pixels, resize(resize(tall, 30, 90), 30, 30).pixels);
}

TEST(Resize, TheSameSizeIsACopy) {
  const Image image = noise(13, 8, 1);
  EXPECT_EQ(resize(image, 13, 8).pixels, image.pixels);
}

TEST(Resize, BilinearHalvingAveragesWithTriangleWeights) {
  Image image(4, 1);
  image.pixels = {0, 0, 0, 80, 80, 80, 160, 160, 160, 240, 240, 240};
  // Support 2 about x = 1: taps 0, 1, 2 with weights 3, 3, 1 sevenths (an edge tap is cut off).
  EXPECT_EQ(resize(image, 2, 1, Filter::bilinear).pixels[0], (80 * 3 + 160 + 3) / 7);
}

TEST(ResizeShortSide, LongSideIsCutToAnInteger) {
  EXPECT_EQ(resize_short_side(noise(640, 427, 1), 256).width, 383);
  const Image tall = resize_short_side(noise(100, 151, 1), 32);
  EXPECT_EQ(tall.width, 32);
  EXPECT_EQ(tall.height, 48);
}

TEST(CenterCrop, RoundsHalfToEvenAndPadsWithBlack) {
  const Image image = noise(7, 9, 2);
  const Image out = center_crop(image, 4, 4);  // (7-4)/2 = 1.5 -> 2, (9-4)/2 = 2.5 -> 2
  EXPECT_TRUE(std::equal(out.row(0), out.row(0) + 12, image.row(2) + 6));
  const Image padded = center_crop(image, 10, 9);
  EXPECT_EQ(padded.row(0)[0], 0);
  EXPECT_TRUE(std::equal(image.row(4), image.row(4) + 21, padded.row(4) + 3));
}

TEST(Flip, TwiceIsTheIdentity) {
  const Image image = noise(9, 4, 3);
  EXPECT_NE(flip_horizontal(image).pixels, image.pixels);
  EXPECT_EQ(flip_horizontal(flip_horizontal(image)).pixels, image.pixels);
}

}  // namespace
}  // namespace troodon::image
