#include "infer/geometry.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "infer/throughput.hpp"

namespace troodon::infer {
namespace {

TEST(Geometry, FitKeepsTheAspectToThePatchAndBoundsTheLongSide) {
  const Geometry geometry{.resize = Resize::fit, .size = 28, .patch = 14};
  using Sides = std::array<int, 4>;
  for (const auto& [width, height, to_width, to_height] : {Sides{100, 50, 56, 28},
                                                           Sides{50, 100, 28, 56},
                                                           Sides{90, 90, 28, 28},
                                                           Sides{1000, 10, 112, 14}}) {
    const Views views = prepare(image::Image(width, height), geometry);
    ASSERT_EQ(views.count(), 1U);
    EXPECT_EQ(views.width(0), to_width);
    EXPECT_EQ(views.height(0), to_height);
  }
}

TEST(Geometry, WindowsCoverEveryPatchOfThePicture) {
  const Geometry geometry{.resize = Resize::tile, .size = 28, .patch = 14};
  for (const auto& [width, height] :
       {std::pair(200, 75), std::pair(28, 28), std::pair(10, 60), std::pair(29, 300)}) {
    const Views views = prepare(image::Image(width, height), geometry);
    const image::Image& whole = views.pictures[0];
    EXPECT_EQ(whole.width % 14 + whole.height % 14, 0);
    std::set<std::pair<int, int>> seen;
    for (const auto& window : views.windows) {
      ASSERT_LE(window.left + 28, whole.width);
      ASSERT_LE(window.top + 28, whole.height);
      for (int y = window.top / 14; y < window.top / 14 + 2; ++y)
        for (int x = window.left / 14; x < window.left / 14 + 2; ++x) seen.emplace(y, x);
    }
    EXPECT_EQ(seen.size(), static_cast<size_t>(whole.width / 14 * (whole.height / 14)));
  }
}

TEST(Geometry, EachScaleIsAViewInWholePatches) {
  const Geometry geometry{.size = 28, .patch = 14, .scales = {0.4, 1, 2}};
  const Views views = prepare(image::Image(100, 80), geometry);
  ASSERT_EQ(views.count(), 3U);
  EXPECT_EQ(views.width(0), 14);
  EXPECT_EQ(views.width(1), 28);
  EXPECT_EQ(views.width(2), 56);
  EXPECT_EQ(geometry.decode_side(), 64);  // 2 x 28 x 256 / 224
}

TEST(Throughput, NamesWhatIsWaitedFor) {
  EXPECT_EQ(bottleneck({.seconds = 10, .waiting_for_pictures = 1, .forward = 8}), "network");
  EXPECT_EQ(bottleneck({.seconds = 10, .waiting_for_pictures = 7, .forward = 2}), "reading");
  EXPECT_EQ(bottleneck({.seconds = 10, .forward = 3, .waiting_for_disk = 6}), "writing");
  const std::string text = throughput_text(
      {.seconds = 10, .reading = 16, .reading_threads = 2, .waiting_for_pictures = 7, .forward = 2},
      50);
  EXPECT_NE(text.find("5 images/s; reading 80 % of 2 threads"), std::string::npos) << text;
  EXPECT_NE(text.find("--threads"), std::string::npos) << text;
}

}  // namespace
}  // namespace troodon::infer
