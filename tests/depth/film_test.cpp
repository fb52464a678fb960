#include "depth/film.hpp"

#include <atomic>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "base/tensor_file.hpp"
#include "image/encode.hpp"
#include "image/plane.hpp"

namespace troodon::depth {
namespace {

/// Gives bytes a few at a time, as pipes do.
Bytes dripping(std::string text, size_t most) {
  auto at = std::make_shared<size_t>(0);
  return [=, text = std::move(text)](std::span<std::byte> out) {
    const size_t count = std::min({out.size(), most, text.size() - *at});
    std::memcpy(out.data(), text.data() + *at, count);
    *at += count;
    return count;
  };
}

image::Image noise(int width, int height, uint64_t seed) {
  image::Image out(width, height);
  Random random(seed);
  for (uint8_t& value : out.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  return out;
}

/// Three frames whose first pixel is their number, and a bad one after the first.
Frames few_frames() {
  return [n = 0]() mutable -> std::optional<Result<Frame>> {
    if (n == 4) return std::nullopt;
    const int mine = n++;
    if (mine == 1) return Failure{"frame 1: torn"};
    image::Image picture(4, 3);
    picture.pixels[0] = static_cast<uint8_t>(mine);
    return Frame{mine, "f" + std::to_string(mine), picture};
  };
}

/// A wall whose distance is the frame's number and one.
Map wall(const image::Image& picture) {
  return {picture.width,
          picture.height,
          std::vector<float>(picture.pixels.size() / 3, 1.0F + picture.pixels[0]),
          /*metric=*/false};
}

fs::path fresh_folder(const char* name) {
  const fs::path out = fs::path(testing::TempDir()) / name;
  fs::remove_all(out);
  return out;
}

TEST(RawFrames, AreCutByTheirSize) {
  const auto a = noise(5, 4, 1), b = noise(5, 4, 2);
  std::string bytes(a.pixels.begin(), a.pixels.end());
  bytes.append(b.pixels.begin(), b.pixels.end());
  bytes += "cut off";
  const Frames frames = raw_frames(dripping(bytes, 7), 5, 4);
  for (const auto* wanted : {&a, &b}) {
    const auto frame = frames();
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ((*frame)->picture.pixels, wanted->pixels);
  }
  const auto last = frames();
  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE(*last);
  EXPECT_FALSE(frames().has_value());
  EXPECT_THROW((void)raw_frames(dripping("", 1), 0, 4), Error);
}

TEST(JpegFrames, AreCutByTheirMarkers) {
  const std::string a = image::encode_jpeg(noise(40, 30, 1)),
                    b = image::encode_jpeg(noise(16, 16, 2));
  // A comment that holds a whole JPEG, as thumbnails in EXIF do.
  const auto length = static_cast<uint16_t>(b.size() + 2);
  std::string nested = a.substr(0, 2) + "\xFF\xFE";
  nested += static_cast<char>(length >> 8);
  nested += static_cast<char>(length & 255);
  nested += b + a.substr(2);
  const std::string bytes = "noise" + a + b + std::string("\0\0", 2) + nested + a.substr(0, 200);
  const Frames frames = jpeg_frames(dripping(bytes, 1000));
  for (const int width : {40, 16, 40}) {
    const auto frame = frames();
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ((*frame)->picture.width, width);
  }
  const auto torn = frames();
  ASSERT_TRUE(torn.has_value());
  EXPECT_FALSE(frames().has_value());
}

TEST(OpenFrames, GivesAFoldersPicturesInOrder) {
  const fs::path folder = fresh_folder("depth_frames");
  image::write(folder / "b.png", noise(6, 5, 2));
  image::write(folder / "a.png", noise(6, 5, 1));
  write_atomically(folder / "c.png", "no picture");
  const Frames frames = open_frames({.input = folder.string()});
  EXPECT_EQ((*frames())->name, "a");
  EXPECT_EQ((*frames())->picture.pixels, noise(6, 5, 2).pixels);
  const auto bad = frames();
  ASSERT_TRUE(bad.has_value());
  EXPECT_FALSE(*bad);
  EXPECT_NE(bad->reason().find("c.png"), std::string::npos);
  EXPECT_FALSE(frames().has_value());
}

TEST(LookAt, WritesEveryFormatOfEveryFrame) {
  const fs::path out = fresh_folder("depth_film");
  const FilmResult result =
      look_at({.out = out.string(),
               .formats = {"color", "png16", "npy", "ply", "normals", "normals-npy"},
               .progress = ProgressStyle::none},
              few_frames(),
              wall);
  EXPECT_EQ(result.stats.answered, 3);
  EXPECT_EQ(result.bad_frames, (std::vector<std::string>{"frame 1: torn"}));
  EXPECT_FALSE(result.metric);
  const NpyFile metres = read_npy(out / "npy/f3.npy");
  EXPECT_EQ(metres.view.shape, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(metres.view.as<float>()[5], 4);
  EXPECT_EQ(image::read_plane(out / "png16/f2.png")->values[0], 3000);
  EXPECT_EQ(read_npy(out / "normals-npy/f0.npy").view.as<float>()[2], -1);
  const auto legend = nlohmann::json::parse(read_text(out / "color/f0.json"));
  EXPECT_EQ(legend["unit"], "relative");
  EXPECT_EQ(legend["near"], 1);
  EXPECT_EQ(legend["legend"].size(), 9U);
  for (const char* file : {"color/f3.png", "ply/f3.ply", "normals/f3.png"})
    EXPECT_TRUE(fs::exists(out / file)) << file;
  EXPECT_FALSE(fs::exists(out / "npy/f1.npy"));
}

TEST(LookAt, ScalesAllFramesByDistancesInTheFirst) {
  const fs::path out = fresh_folder("depth_known");
  const FilmResult result = look_at({.out = out.string(),
                                     .formats = {"npy"},
                                     .known = {{1, 1, 2.5}},
                                     .progress = ProgressStyle::none},
                                    few_frames(),
                                    wall);
  EXPECT_TRUE(result.metric);
  ASSERT_TRUE(result.alignment.has_value());
  EXPECT_NEAR(read_npy(out / "npy/f3.npy").view.as<float>()[0], 10, 1e-5);
}

TEST(LookAt, StopsAtABadFrameIfStrict) {
  const fs::path out = fresh_folder("depth_strict");
  FilmOptions options{.out = out.string(), .strict = true, .progress = ProgressStyle::none};
  EXPECT_THROW((void)look_at(options, few_frames(), wall), Error);
  options.strict = false;
  options.formats = {"jpeg"};
  EXPECT_THROW((void)look_at(options, few_frames(), wall), Error);
}

TEST(LookAt, HandsOnWhatALookThrewWhileFramesKeepComing) {
  const Frames endless = [n = int64_t{0}]() mutable -> std::optional<Result<Frame>> {
    return Frame{n++, "x", image::Image(2, 2)};
  };
  const auto broken = [](const image::Image&) -> Map { fail("no depth today"); };
  EXPECT_THROW(
      (void)look_at({.out = fresh_folder("depth_broken").string(), .progress = ProgressStyle::none},
                    endless,
                    broken),
      Error);
}

}  // namespace
}  // namespace troodon::depth
