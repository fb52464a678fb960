#include "match/track.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "index/features.hpp"
#include "match/draw.hpp"

namespace troodon::match {
namespace {

constexpr int64_t kSide = 24, kDim = 24;

/// A world of random patches of 8 pixels, of which a frame shows a window from (row, column) on.
Places frame_at(int64_t row, int64_t column, bool hidden = false) {
  Places out{.rows = kSide,
             .columns = kSide,
             .dim = kDim,
             .parts = {{kDim, 1.0}},
             .width = 8 * kSide,
             .height = 8 * kSide};
  for (int64_t r = 0; r < kSide; ++r)
    for (int64_t c = 0; c < kSide; ++c) {
      // A wall in front of the middle of the picture.
      const bool wall = hidden && std::abs(r - 12) < 5 && std::abs(c - 12) < 5;
      Random random(wall ? mix(5, r, c) : mix(1, r + row, c + column));
      for (int64_t i = 0; i < kDim; ++i) out.values.push_back(static_cast<float>(random.normal()));
    }
  index::normalize_rows(out.values, kDim);
  return out;
}

TEST(TrackTest, APointStaysOnItsThingWhileTheCameraMoves) {
  const Point start[] = {{100, 100}, {60, 130}};
  Tracker tracker(frame_at(0, 0), start);
  for (int64_t i = 1; i <= 5; ++i) {
    const auto now = tracker.next(frame_at(i, i));
    for (size_t p = 0; p < 2; ++p) {
      EXPECT_TRUE(now[p].visible);
      EXPECT_NEAR(now[p].at.x, start[p].x - 8.0 * static_cast<double>(i), 3);
      EXPECT_NEAR(now[p].at.y, start[p].y - 8.0 * static_cast<double>(i), 3);
    }
  }
}

TEST(TrackTest, AHiddenPointSaysSoAndIsFoundAgain) {
  const Point start[] = {{100, 100}};
  Tracker tracker(frame_at(0, 0), start);
  EXPECT_TRUE(tracker.next(frame_at(0, 0))[0].visible);
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(tracker.next(frame_at(0, 0, /*hidden=*/true))[0].visible);
  const Tracked back = tracker.next(frame_at(0, 0))[0];
  EXPECT_TRUE(back.visible);
  EXPECT_NEAR(back.at.x, 100, 3);
}

TEST(TrackTest, APointOutsideTheFirstFrameIsRefused) {
  const Point outside[] = {{500, 3}};
  EXPECT_THROW(Tracker(frame_at(0, 0), outside), Error);
}

TEST(TrackTest, TheJsonNamesFramesAndPoints) {
  const Tracks tracks = {{{{1, 2}, 1, true}}, {{{3.25, 4}, 0.25, false}}};
  const std::string names[] = {"a.jpg", "b.jpg"};
  EXPECT_EQ(to_json(tracks, names),
            R"({"frames":[{"frame":"a.jpg","points":[{"at":[1.0,2.0],"visible":true,)"
            R"("confidence":1.0}]},{"frame":"b.jpg","points":[{"at":[3.25,4.0],"visible":false,)"
            R"("confidence":0.25}]}]})");
}

TEST(DrawTest, LinesJoinBothPicturesAndDoubtfulOnesAreLeftOut) {
  image::Image a(64, 64), b(128, 64);
  Matches matches{.pairs = {{.a = {32, 32}, .b = {64, 32}, .inlier = true},
                            {.a = {10, 60}, .b = {120, 60}, .inlier = false}}};
  const image::Image drawn = draw_pairs(a, b, matches, {.height = 64});
  EXPECT_EQ(drawn.width, 64 + 4 + 128);
  EXPECT_EQ(drawn.height, 64);
  const auto bright = [&](int x, int y) {
    return drawn.row(y)[x * 3] + drawn.row(y)[x * 3 + 1] + drawn.row(y)[x * 3 + 2];
  };
  EXPECT_GT(bright(100, 31) + bright(100, 32), 20);  // on the line, over black
  EXPECT_EQ(bright(100, 60), 0);
}

}  // namespace
}  // namespace troodon::match
