#include <cmath>

#include "engine/classical_engine.hpp"
#include "engine/classical_features.hpp"
#include "engine/networks.hpp"
#include "image/resize.hpp"

namespace troodon::engine {
namespace {

/// Smooth waves in dull colours, so that contrast may double without clipping.
image::Image waves(int width, int height, int contrast = 1) {
  image::Image out(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int wave =
          static_cast<int>(24 * std::sin(0.3 * x + 0.11 * y) + 20 * std::cos(0.23 * y));
      for (int c = 0; c < 3; ++c)
        out.row(y)[3 * x + c] = static_cast<uint8_t>(128 + contrast * (wave + 4 * c));
    }
  }
  return out;
}

image::Image plain(int side, uint8_t r, uint8_t g, uint8_t b) {
  image::Image out(side, side);
  for (size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = i % 3 == 0 ? r : i % 3 == 1 ? g : b;
  return out;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return compare_rows(a, b, a.size()).mean_cosine;
}

std::vector<float> hog_of(const image::Image& picture) {
  return hog_blocks(gradients_of_cells(picture, 12, 12), 12, 12);
}

TEST(Colour, TheHistogramKnowsColoursButNotWhereTheyAre) {
  const image::Image picture = noise(1, 40, 56)[0];
  EXPECT_EQ(colour_histogram(picture), colour_histogram(image::flip_horizontal(picture)));
  const auto red = colour_histogram(plain(8, 250, 0, 0)),
             blue = colour_histogram(plain(8, 0, 0, 250));
  EXPECT_EQ(red[0 * 16 + 3 * 4 + 3], 1);   // hue 0, full saturation, bright
  EXPECT_EQ(blue[5 * 16 + 3 * 4 + 3], 1);  // 240 of 360 degrees
  EXPECT_EQ(cosine(red, blue), 0);
  double square = 0;
  for (const float v : colour_histogram(picture)) square += static_cast<double>(v) * v;
  EXPECT_NEAR(square, 1, 1e-6);
}

TEST(Colour, CellsHaveTheirLabMeansAndDeviations) {
  image::Image picture = plain(16, 255, 255, 255);  // white left, black right
  for (int y = 0; y < 16; ++y) std::fill_n(picture.row(y) + 24, 24, uint8_t{0});
  const auto cells = colour_of_cells(picture, 2, 2);
  ASSERT_EQ(cells.size(), 48U);
  EXPECT_NEAR(cells[0], 1, 1e-4);    // L of white
  EXPECT_NEAR(cells[1], 0, 1e-4);    // a, of 1/100: the white point is rounded
  EXPECT_NEAR(cells[3], 0, 1e-6);    // all pixels alike
  EXPECT_NEAR(cells[12], 0, 1e-6);   // L of black
  EXPECT_NEAR(cells[6], 0.5, 1e-4);  // around: half is white
  EXPECT_NEAR(cells[9], 0.5, 1e-4);
  const auto red = colour_of_cells(plain(8, 255, 0, 0), 1, 1);
  EXPECT_NEAR(red[0], 0.5324, 1e-3);  // the published Lab of sRGB red: 53.24, 80.09, 67.20
  EXPECT_NEAR(red[1], 0.8009, 1e-3);
  EXPECT_NEAR(red[2], 0.6720, 1e-3);
}

TEST(Hog, DoesNotSeeContrastOrBrightness) {
  const auto once = hog_of(waves(96, 96, 1)), twice = hog_of(waves(96, 96, 2));
  EXPECT_EQ(once.size(), 4356U);
  EXPECT_GT(cosine(once, twice), 0.99);  // flat blocks count as flat at low contrast
  image::Image brighter = waves(96, 96, 1);
  for (auto& v : brighter.pixels) v = static_cast<uint8_t>(v + 30);
  EXPECT_EQ(hog_of(brighter), once);
}

TEST(Hog, SeesDirections) {
  image::Image stripes(96, 96), turned(96, 96);
  for (int y = 0; y < 96; ++y) {
    for (int x = 0; x < 96; ++x) {
      for (int c = 0; c < 3; ++c) {
        stripes.row(y)[3 * x + c] = static_cast<uint8_t>(x / 4 % 2 * 200);
        turned.row(y)[3 * x + c] = static_cast<uint8_t>(y / 4 % 2 * 200);
      }
    }
  }
  const auto upright = gradients_of_cells(stripes, 12, 12),
             level = gradients_of_cells(turned, 12, 12);
  const size_t middle = (5 * 12 + 5) * 9;
  // Orientation 0 lies between the first and the last bin, a right angle in the middle one.
  EXPECT_NEAR(upright[middle], upright[middle + 8], 1e-6);
  EXPECT_GT(upright[middle], 0.1);
  EXPECT_EQ(upright[middle + 4], 0);
  EXPECT_NEAR(level[middle + 4], 2 * upright[middle], 1e-6);
  EXPECT_LT(cosine(hog_of(stripes), hog_of(turned)), 0.01);
}

TEST(Hog, ACellNormalisedByItsFourBlocksIsTheBlocksOwnPart) {
  const auto cells = gradients_of_cells(noise(1, 32, 40)[0], 4, 5);
  const auto blocks = hog_blocks(cells, 4, 5), own = hog_of_cells(cells, 4, 5);
  ASSERT_EQ(blocks.size(), 3U * 4 * 36);
  ASSERT_EQ(own.size(), 4U * 5 * 36);
  for (size_t i = 0; i < 9; ++i) {
    // Cell (1, 2): of block (0, 1) the lower right, of block (1, 2) the upper left.
    EXPECT_EQ(own[(1 * 5 + 2) * 36 + i], blocks[(0 * 4 + 1) * 36 + 27 + i]);
    EXPECT_EQ(own[(1 * 5 + 2) * 36 + 27 + i], blocks[(1 * 4 + 2) * 36 + i]);
  }
}

TEST(Classical, ShapesAreThoseOfANetworkOfOneBlock) {
  const auto pictures = noise(3, 48, 64);
  for (const std::string& name : classical_names()) {
    SCOPED_TRACE(name);
    const auto run = [&](Output output, size_t threads) {
      const auto engine = classical_engine(name, {.output = output, .threads = threads});
      size_t item = 1;
      for (const int64_t side : engine->item_shape(48, 64)) item *= static_cast<size_t>(side);
      return features(*engine, pictures, item);
    };
    const auto cls = run(Output::cls, 1), probe = run(Output::probe, 2);
    const auto patches = run(Output::patches, 1), blocks = run(Output::blocks, 2);
    const size_t width = cls.size() / 3, token = patches.size() / 3 / 48;
    ASSERT_EQ(probe.size(), 2 * cls.size());
    EXPECT_TRUE(
        std::equal(cls.begin(), cls.begin() + static_cast<ptrdiff_t>(width), probe.begin()));
    EXPECT_EQ(probe[width + 7], cls[7]);
    EXPECT_EQ(run(Output::layers, 3), cls);
    ASSERT_EQ(blocks.size(), 3 * 49 * token);
    double sum = 0;
    for (size_t i = 0; i < 48; ++i) sum += patches[i * token];
    EXPECT_NEAR(blocks[0], sum / 48, 1e-6);
    EXPECT_EQ(blocks[token + 5], patches[5]);
  }
}

TEST(Classical, ThePictureSizeDoesNotChangeTheVectorsWidthAndHardlyTheVector) {
  const image::Image small = waves(96, 96), large = image::resize(small, 192, 192);
  for (const std::string& name : classical_names()) {
    const auto engine = classical_engine(name, {});
    const auto width = static_cast<size_t>(engine->item_shape(96, 96)[0]);
    EXPECT_EQ(engine->item_shape(192, 192), engine->item_shape(96, 96));
    EXPECT_GT(cosine(features(*engine, {small}, width), features(*engine, {large}, width)), 0.95);
  }
}

}  // namespace
}  // namespace troodon::engine
