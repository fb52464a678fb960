#include "data/video.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "data/folder.hpp"
#include "data/images.hpp"
#include "image/encode.hpp"

namespace troodon::data {
namespace {

/// 12 frames, 10 a second, lossless; frame i has the grey value 20 i. False without ffmpeg.
bool put_clip(const Folder& folder) {
  for (int i = 0; i < 12; ++i) {
    image::Image frame(16, 16);
    for (uint8_t& value : frame.pixels) value = static_cast<uint8_t>(20 * i);
    image::write(folder / fmt::format("{:02}.png", i), frame);
  }
  const std::string command =
      fmt::format("ffmpeg -nostdin -v quiet -framerate 10 -i '{}' -c:v ffv1 -pix_fmt bgr0 '{}'",
                  folder / "%02d.png",
                  folder / "clip.mkv");
  return std::system(command.c_str()) == 0;
}

TEST(Video, FramesAreItemsInOrderAndAnyOfThemCanBeRead) {
  const Folder folder;
  if (!put_clip(folder)) GTEST_SKIP() << "ffmpeg is not here";
  const Source clip = open_source(folder / "clip.mkv");
  ASSERT_EQ(clip.items.size(), 12);
  EXPECT_EQ(clip.items[7].id, "clip.mkv#000007");
  for (const size_t i : {0, 1, 11, 3, 4, 0}) {
    const auto frame = read_picture(clip.items[i]);
    ASSERT_TRUE(frame) << frame.reason();
    EXPECT_EQ(frame->width, 16);
    EXPECT_EQ(frame->pixels[0], 20 * i);
  }
  parallel_for(12, [&](size_t i) { EXPECT_EQ(read_picture(clip.items[i])->pixels[5], 20 * i); }, 4);
}

TEST(Video, FpsTakesFewerFrames) {
  const Folder folder;
  if (!put_clip(folder)) GTEST_SKIP() << "ffmpeg is not here";
  const Source clip = open_source((folder / "clip.mkv") + "?fps=5");
  EXPECT_EQ(clip.items.size(), 6);
  for (const Item& item : clip.items) EXPECT_TRUE(read_picture(item)) << item.id;
}

TEST(Video, TwoFilmsAreReadByTurns) {
  const Folder folder;
  if (!put_clip(folder)) GTEST_SKIP() << "ffmpeg is not here";
  const Source all = open_source(folder / "clip.mkv");
  const Source few = open_source((folder / "clip.mkv") + "?fps=5");
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(read_picture(all.items[i])->pixels[0], 20 * i);
    EXPECT_TRUE(read_picture(few.items[i]));
  }
}

TEST(Video, AFileThatIsNoVideoIsRefused) {
  const Folder folder;
  folder.put("clip.mp4", "no video");
  EXPECT_THROW(open_source(folder / "clip.mp4"), Error);
}

}  // namespace
}  // namespace troodon::data
