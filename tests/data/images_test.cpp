#include "data/images.hpp"

#include <gtest/gtest.h>

#include "base/parallel.hpp"
#include "data/folder.hpp"
#include "image/encode.hpp"

namespace troodon::data {
namespace {

image::Image gradient(int width, int height) {
  image::Image image(width, height);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i);
  return image;
}

TEST(ImageReader, CacheChangesNothingButTheReading) {
  const Folder folder;
  image::write(folder / "a.png", gradient(8, 4));
  ImageReader plain, cached({.cache_bytes = 1000});
  const Item item{.path = folder / "a.png"};
  const auto expected = plain.read(item);
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->pixels, gradient(8, 4).pixels);
  EXPECT_EQ(cached.read(item)->pixels, expected->pixels);
  fs::remove(item.path);
  EXPECT_EQ(cached.read(item)->pixels, expected->pixels);
  EXPECT_FALSE(plain.read(item));
  EXPECT_EQ(plain.cached_bytes(), 0);
}

TEST(ImageReader, CacheStaysWithinItsBytes) {
  const Folder folder;
  ImageReader reader({.cache_bytes = 250});  // each picture is 96 bytes: two fit
  for (int i = 0; i < 5; ++i) image::write(folder / (std::to_string(i) + ".png"), gradient(8, 4));
  parallel_for(
      50,
      [&](size_t i) {
        EXPECT_TRUE(reader.read({.path = folder / (std::to_string(i % 5) + ".png")}));
      },
      4);
  EXPECT_EQ(reader.cached_bytes(), 192);
}

TEST(ImageReader, ReadsByteRangesAndKeepsThemApart) {
  const Folder folder;
  const std::string first = image::encode_png(gradient(8, 4)),
                    second = image::encode_png(gradient(4, 6));
  folder.put("shard", first + second);
  ImageReader reader({.cache_bytes = 1000});
  const Item a{.path = folder / "shard", .offset = 0, .bytes = first.size()};
  const Item b{.path = a.path, .id = "b", .offset = first.size(), .bytes = second.size()};
  const Item past{.path = a.path, .id = "p", .offset = first.size(), .bytes = second.size() + 1};
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(reader.read(a)->pixels, gradient(8, 4).pixels);
    EXPECT_EQ(reader.read(b)->pixels, gradient(4, 6).pixels);
  }
  const auto result = read_picture(past);
  ASSERT_FALSE(result);
  EXPECT_NE(result.reason().find("ends at byte"), std::string::npos) << result.reason();
}

TEST(ImageReader, AFailureNamesTheFile) {
  const Folder folder;
  folder.put("torn.jpg", "\xFF\xD8\xFF nothing more");
  ImageReader reader({.cache_bytes = 1000});
  const auto result = reader.read({.path = folder / "torn.jpg"});
  ASSERT_FALSE(result);
  EXPECT_NE(result.reason().find("torn.jpg"), std::string::npos) << result.reason();
}

}  // namespace
}  // namespace troodon::data
