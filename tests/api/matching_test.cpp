#include "troodon/matching.hpp"

#include <gtest/gtest.h>

#include "../data/folder.hpp"
#include "drawings.hpp"
#include "exit_code.hpp"
#include "troodon/error.hpp"

namespace troodon {
namespace {

constexpr int kRight = 32, kDown = 16;  // the second picture's window

class MatcherTest : public ::testing::Test {
 protected:
  data::Folder folder_;
  OwnCache cache_{folder_ / "cache"};
  Matcher matcher_{{.grid = 24}};
  Image world_ = discs(240, 208, 5);
  Image a_ = cut(world_, {0, 0, 192, 192}), b_ = cut(world_, {kRight, kDown, 192, 192});
};

double error_of(const Point& a, const Point& b) {
  return std::hypot(a.x - kRight - b.x, a.y - kDown - b.y);
}

double share_right(const MatchResult& found, double pixels) {
  double right = 0;
  for (const PointPair& pair : found.pairs) right += error_of(pair.a, pair.b) < pixels;
  return right / static_cast<double>(found.pairs.size());
}

TEST_F(MatcherTest, PairsFollowAShift) {
  const MatchResult found = matcher_.match(a_.pixels(), b_.pixels());
  ASSERT_GT(found.pairs.size(), 50U);
  EXPECT_GT(share_right(found, 8), 0.9);
  EXPECT_FALSE(found.model);
  EXPECT_EQ(found.inliers, static_cast<std::int64_t>(found.pairs.size()));
  for (const PointPair& pair : found.pairs) EXPECT_TRUE(pair.mutual);
  EXPECT_EQ(matcher_.match(a_.pixels(), b_.pixels(), {.limit = 7}).pairs.size(), 7U);
}

TEST_F(MatcherTest, VerifiedPairsAgreeOnTheShift) {
  const MatchResult found = matcher_.match(a_.pixels(), b_.pixels(), {.verify = Verify::affine});
  ASSERT_TRUE(found.model);
  const auto& m = *found.model;
  EXPECT_NEAR(m[0] * 96 + m[1] * 96 + m[2], 96 - kRight, 4);  // the middle, half a patch about
  EXPECT_NEAR(m[3] * 96 + m[4] * 96 + m[5], 96 - kDown, 4);
  EXPECT_GT(found.inliers, static_cast<std::int64_t>(found.pairs.size() / 2));
  for (const PointPair& pair :
       matcher_.match(a_.pixels(), b_.pixels(), {.mutual = false, .cycle = 4}).pairs)
    EXPECT_LE(pair.cycle, 4);
}

TEST_F(MatcherTest, PointsAreCarriedOver) {
  const std::vector<Point> points = {{80, 70}, {120.5, 100}, {100, 150}};
  const auto found = matcher_.carry(a_.pixels(), points, b_.pixels());
  ASSERT_EQ(found.size(), points.size());
  for (size_t i = 0; i < points.size(); ++i) EXPECT_LT(error_of(points[i], found[i].at), 8);
}

std::array<double, 3> mean_of(const Image& picture) {
  std::array<double, 3> out{};
  for (size_t i = 0; i < picture.rgb.size(); ++i)
    out[i % 3] += 3.0 * picture.rgb[i] / static_cast<double>(picture.rgb.size());
  return out;
}

double distance(const Image& a, const Image& b) {
  const auto x = mean_of(a), y = mean_of(b);
  return std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

TEST_F(MatcherTest, ARestyledPictureKeepsItsSizeAndTakesTheColours) {
  const Image content = noisy(plain(96, 64, {60, 90, 190}), 1);
  const Image style = noisy(plain(80, 80, {210, 150, 60}), 2);
  const Image made = matcher_.restyle(content.pixels(), style.pixels());
  EXPECT_EQ(made.width, 96);
  EXPECT_EQ(made.height, 64);
  EXPECT_LT(distance(made, style), 0.1 * distance(content, style));
  const Image same = matcher_.restyle(content.pixels(), style.pixels(), {.strength = 0});
  for (size_t i = 0; i < same.rgb.size(); ++i)
    ASSERT_NEAR(same.rgb[i], content.rgb[i], 1);  // there and back through OKLab
  write_picture(folder_ / "made.png", made);
  EXPECT_EQ(read_picture(folder_ / "made.png").rgb, made.rgb);
}

TEST_F(MatcherTest, FailuresCarryTheExitCode) {
  EXPECT_EQ(code_of([&] { matcher_.match(fs::path("/nowhere.png"), b_.pixels()); }), Exit::input);
  EXPECT_EQ(code_of([&] { matcher_.match(a_.pixels(), b_.pixels(), {.edges = 2}); }), Exit::usage);
  EXPECT_EQ(code_of([&] { matcher_.restyle(a_.pixels(), b_.pixels(), {.strength = -1}); }),
            Exit::usage);
  EXPECT_EQ(code_of([&] { Matcher({.model = "/nowhere"}); }), Exit::input);
  EXPECT_EQ(code_of([&] { write_picture(folder_ / "x.png", {2, 2, {1}}); }), Exit::input);
}

}  // namespace
}  // namespace troodon
