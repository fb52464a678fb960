#include "image/decode.hpp"

#include <algorithm>
#include <array>
#include <cstdio>  // jpeglib.h needs it first
#include <cstdlib>
#include <jpeglib.h>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "image/encode.hpp"
#include "image/resize.hpp"

namespace troodon::image {
namespace {

/// A smooth picture, so that JPEG keeps its colours.
Image gradient(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* p = image.row(y) + x * 3;
      p[0] = static_cast<uint8_t>(x * 255 / width);
      p[1] = static_cast<uint8_t>(y * 255 / height);
      p[2] = 90;
    }
  }
  return image;
}

std::span<const std::byte> bytes_of_text(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

/// A JPEG with an EXIF block that asks for `orientation`, little or big endian.
std::string with_orientation(const std::string& jpeg, char orientation, bool big_endian) {
  const std::string little("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
  const std::string big("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01", 18);
  const std::string value = big_endian ? std::string{0, orientation} : std::string{orientation, 0};
  const std::string exif =
      std::string("Exif\0\0", 6) + (big_endian ? big : little) + value + std::string(6, '\0');
  const auto size = static_cast<char>(exif.size() + 2);
  return jpeg.substr(0, 2) + std::string{'\xff', '\xe1', 0, size} + exif + jpeg.substr(2);
}

TEST(Decode, APngComesBackUnchanged) {
  const Image image = gradient(37, 23);
  const auto back = decode(bytes_of_text(encode_png(image)));
  ASSERT_TRUE(back) << back.reason();
  EXPECT_EQ(back->width, 37);
  EXPECT_EQ(back->height, 23);
  EXPECT_EQ(back->pixels, image.pixels);
}

TEST(Decode, AJpegOfHighQualityIsNearlyUnchanged) {
  const Image image = gradient(64, 48);
  const auto back = decode(bytes_of_text(encode_jpeg(image, 98)));
  ASSERT_TRUE(back) << back.reason();
  EXPECT_LE(largest_difference(*back, image), 6);
}

TEST(Decode, GrayPngsHaveThreeEqualChannels) {
  const std::vector<uint8_t> gray{0, 50, 100, 255};
  const auto eight = decode(bytes_of_text(encode_png_gray(gray, 2, 2)));
  const std::vector<uint16_t> deep{0, 50 << 8, (100 << 8) | 255, 65535};
  const auto sixteen = decode(bytes_of_text(encode_png_gray16(deep, 2, 2)));
  ASSERT_TRUE(eight && sixteen);
  const std::vector<uint8_t> want{0, 0, 0, 50, 50, 50, 100, 100, 100, 255, 255, 255};
  EXPECT_EQ(eight->pixels, want);
  EXPECT_EQ(sixteen->pixels, want);
}

TEST(Decode, OrientationTurnsTheCornersToTheirPlaces) {
  // Where the bright corner of the stored picture (top left) must appear, as (right, bottom).
  const std::map<char, std::pair<bool, bool>> corner{{1, {false, false}},
                                                     {2, {true, false}},
                                                     {3, {true, true}},
                                                     {4, {false, true}},
                                                     {5, {false, false}},
                                                     {6, {true, false}},
                                                     {7, {true, true}},
                                                     {8, {false, true}}};
  Image stored(32, 16);
  for (int y = 0; y < 8; ++y) std::fill_n(stored.row(y), 8 * 3, uint8_t{255});
  const std::string jpeg = encode_jpeg(stored, 95);
  for (const auto& [orientation, where] : corner) {
    for (const bool big_endian : {false, true}) {
      const std::string file = with_orientation(jpeg, orientation, big_endian);
      const auto image = decode(bytes_of_text(file));
      ASSERT_TRUE(image) << image.reason();
      EXPECT_EQ(image->width, orientation >= 5 ? 16 : 32);
      const int x = where.first ? image->width - 3 : 2, y = where.second ? image->height - 3 : 2;
      EXPECT_GT(image->row(y)[x * 3], 200) << "orientation " << int(orientation);
      const auto raw = decode(bytes_of_text(file), {.orientation = Orientation::ignore});
      ASSERT_TRUE(raw);
      EXPECT_EQ(raw->width, 32);
    }
  }
}

TEST(Decode, MirroredAndTransposedOrientationsDiffer) {
  const std::string jpeg = encode_jpeg(gradient(40, 24), 95);
  const auto plain = decode(bytes_of_text(jpeg));
  const auto turned = decode(bytes_of_text(with_orientation(jpeg, 6, false)));
  const auto transposed = decode(bytes_of_text(with_orientation(jpeg, 5, false)));
  ASSERT_TRUE(plain && turned && transposed);
  EXPECT_EQ(flip_horizontal(*transposed).pixels, turned->pixels);
  EXPECT_EQ(plain->row(3)[5 * 3], transposed->row(5)[3 * 3]);
}

TEST(Decode, EveryPrefixOfAFileFailsWithASentence) {
  for (const std::string& file : {encode_jpeg(gradient(40, 30)), encode_png(gradient(40, 30))}) {
    // The last bytes are an end marker (JPEG) or a chunk without pixels (PNG).
    for (size_t size = 0; size + 40 < file.size(); size += 7) {
      const auto image = decode(bytes_of_text(file.substr(0, size)));
      ASSERT_FALSE(image) << size << " of " << file.size() << " bytes";
      EXPECT_GT(image.reason().size(), 10u);
      EXPECT_EQ(image.reason().find('\n'), std::string::npos);
    }
  }
}

TEST(Decode, FlippedBytesNeverCrash) {
  const uint64_t seed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const std::string files[] = {encode_jpeg(gradient(60, 45)), encode_png(gradient(60, 45))};
  int decoded = 0;
  for (int i = 0; i < 400; ++i) {
    std::string file = files[i % 2];
    for (int k = 0; k < 4; ++k) file[random() % file.size()] = static_cast<char>(random());
    const auto image = decode(bytes_of_text(file), {.max_pixels = 1 << 20});
    if (image) {
      ++decoded;
      EXPECT_EQ(image->pixels.size(), size_t{3} * image->width * image->height);
    } else {
      EXPECT_FALSE(image.reason().empty());
    }
  }
  EXPECT_GT(decoded, 0);
}

TEST(Decode, PicturesAboveTheLimitAreRefused) {
  const std::string png = encode_png(gradient(100, 50)), jpeg = encode_jpeg(gradient(100, 50));
  for (const std::string& file : {png, jpeg}) {
    EXPECT_FALSE(decode(bytes_of_text(file), {.max_pixels = 4999}));
    EXPECT_TRUE(decode(bytes_of_text(file), {.max_pixels = 5000}));
  }
}

TEST(Decode, MinSideShrinksAJpegButNeverBelowTheHint) {
  const std::string file = encode_jpeg(gradient(400, 240), 95);
  const auto half = decode(bytes_of_text(file), {.min_side = 100});
  ASSERT_TRUE(half);
  EXPECT_EQ(half->width, 200);
  EXPECT_EQ(half->height, 120);
  EXPECT_LE(largest_difference(*half, resize(*decode(bytes_of_text(file)), 200, 120)), 8);
  EXPECT_EQ(decode(bytes_of_text(file), {.min_side = 121})->width, 400);
}

/// A gray progressive JPEG, 64 x 64, whose last scan is there `copies` times.
std::string many_scans(size_t copies) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = info.image_height = 64;
  info.input_components = 1;
  info.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  std::array<JSAMPLE, 64> gray{};
  for (int y = 0; y < 64; ++y) {
    gray.fill(static_cast<JSAMPLE>(4 * y));
    JSAMPROW row = gray.data();
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string file(reinterpret_cast<char*>(bytes), size);
  jpeg_destroy_compress(&info);
  std::free(bytes);
  const size_t last = file.rfind("\xff\xda");
  const std::string scan = file.substr(last, file.size() - 2 - last);
  for (size_t copy = 1; copy < copies; ++copy) file.insert(last, scan);
  return file;
}

TEST(Decode, AJpegOfThousandsOfScansIsRefused) {
  const auto usual = decode(bytes_of_text(many_scans(1)));
  ASSERT_TRUE(usual) << usual.reason();
  EXPECT_NEAR(usual->row(40)[0], 160, 2);
  const auto hostile = decode(bytes_of_text(many_scans(3000)));
  ASSERT_FALSE(hostile);
  EXPECT_NE(hostile.reason().find("more than 100 scans"), std::string::npos);
}

TEST(Decode, WhatIsNoPictureIsNamedSo) {
  EXPECT_NE(decode({}).reason().find("empty"), std::string::npos);
  EXPECT_NE(decode(bytes_of_text("<html>404</html>")).reason().find("no known picture"),
            std::string::npos);
  const auto missing = read("/nonexistent/picture.jpg");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.reason().find("/nonexistent/picture.jpg"), std::string::npos);
  EXPECT_FALSE(read("/"));
}

TEST(Encode, WritesByExtensionAndRefusesOthers) {
  const fs::path folder = fs::temp_directory_path() / "troodon_encode_test";
  const Image image = gradient(20, 10);
  write(folder / "a.png", image);
  write(folder / "b.JPG", image);
  const auto png = read(folder / "a.png"), jpeg = read(folder / "b.JPG");
  ASSERT_TRUE(png && jpeg);
  EXPECT_EQ(png->pixels, image.pixels);
  EXPECT_EQ(jpeg->width, 20);
  EXPECT_THROW(write(folder / "c.gif", image), Error);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace troodon::image
