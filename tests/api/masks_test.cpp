#include "troodon/masks.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "../data/folder.hpp"
#include "drawings.hpp"
#include "exit_code.hpp"
#include "troodon/error.hpp"

namespace troodon {
namespace {

/// A red disc on green.
Image red_disc(int cx, int cy, int r, std::uint64_t seed) {
  Image out = plain(160, 120, {50, 120, 60});
  draw_disc(out, cx, cy, r, {190, 50, 40});
  return noisy(std::move(out), seed);
}

double iou_with_disc(const Mask& mask, int cx, int cy, int r) {
  double both = 0, either = 0;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      const bool a = mask.inside[static_cast<size_t>(y) * mask.width + x] != 0;
      const bool b = in_disc(x, y, cx, cy, r);
      both += a && b, either += a || b;
    }
  }
  return both / either;
}

class MaskerTest : public ::testing::Test {
 protected:
  data::Folder folder_;
  OwnCache cache_{folder_ / "cache"};
  Masker masker_;
};

TEST_F(MaskerTest, AClickOrABoxGivesTheObject) {
  const Image picture = red_disc(60, 60, 30, 1);
  const Sight sight = masker_.look(picture.pixels());
  EXPECT_EQ(sight.width(), 160);
  EXPECT_EQ(sight.height(), 120);
  const Mask clicked = sight.mask({{60, 60}});
  EXPECT_EQ(clicked.inside.size(), 160U * 120U);
  EXPECT_GT(iou_with_disc(clicked, 60, 60, 30), 0.9);
  const Box around{.x = 25, .y = 25, .width = 70, .height = 70};
  EXPECT_GT(iou_with_disc(sight.mask({}, {.box = around}), 60, 60, 30), 0.9);
  const Mask without = sight.mask({{60, 60}, {.x = 60, .y = 85, .positive = false}});
  EXPECT_EQ(without.inside[85 * 160 + 60], 0);
}

TEST_F(MaskerTest, OneExampleFindsTheSameThingElsewhereAndIsLessSureWhereItIsNot) {
  const Sight first = masker_.look(red_disc(60, 60, 30, 1).pixels());
  const Pattern pattern = masker_.learn({{first, first.mask({{60, 60}})}});
  const Sight second = masker_.look(red_disc(110, 50, 24, 2).pixels());
  const Mask found = pattern.find(second);
  EXPECT_GT(found.score, 0.5);
  EXPECT_GT(iou_with_disc(found, 110, 50, 24), 0.8);
  EXPECT_NEAR(pattern.presence(second), found.score, 1e-9);
  const Sight empty = masker_.look(noisy(plain(160, 120, {50, 120, 60}), 3).pixels());
  EXPECT_LT(pattern.presence(empty), 0.3);
}

TEST_F(MaskerTest, ProposalsHoldWhatStandsOut) {
  const auto masks = masker_.look(red_disc(60, 60, 30, 1).pixels()).proposals(3);
  ASSERT_FALSE(masks.empty());
  EXPECT_LE(masks.size(), 3U);
  EXPECT_GT(iou_with_disc(masks[0], 60, 60, 30), 0.8);
}

TEST_F(MaskerTest, ASightOutlivesItsMakerAndIsShared) {
  std::optional<Masker> maker(Masker({.model = "colour"}));
  const Sight sight = maker->look(red_disc(60, 60, 30, 1).pixels());
  maker.reset();
  const Mask wanted = sight.mask({{60, 60}});
  std::atomic<int> equal = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back(
          [&, copy = sight] { equal += copy.mask({{60, 60}}).inside == wanted.inside; });
  }
  EXPECT_EQ(equal, 4);
}

TEST_F(MaskerTest, AMaskSurvivesItsFile) {
  const Mask mask = masker_.look(red_disc(60, 60, 30, 1).pixels()).mask({{60, 60}});
  write_mask(folder_ / "mask.png", mask);
  EXPECT_EQ(read_mask(folder_ / "mask.png").inside, mask.inside);
}

TEST_F(MaskerTest, FailuresCarryTheExitCode) {
  const Sight sight = masker_.look(red_disc(60, 60, 30, 1).pixels());
  EXPECT_EQ(code_of([&] { sight.mask({}); }), Exit::input);
  EXPECT_EQ(code_of([&] { sight.mask({{1000, 3}}); }), Exit::input);
  EXPECT_EQ(code_of([&] { masker_.learn({}); }), Exit::input);
  EXPECT_EQ(code_of([&] { masker_.learn({{sight, Mask{2, 2, {0, 0, 0, 0}}}}); }), Exit::input);
  EXPECT_EQ(code_of([&] { masker_.learn({{sight, Mask{2, 2, {1}}}}); }), Exit::input);
  EXPECT_EQ(code_of([&] { masker_.look(fs::path("/nowhere.png")); }), Exit::input);
  EXPECT_EQ(code_of([&] { Masker({.model = "/nowhere"}); }), Exit::input);
  const Pattern pattern = masker_.learn({{sight, sight.mask({{60, 60}})}});
  Masker other({.model = "colour"});
  EXPECT_EQ(code_of([&] { pattern.find(other.look(red_disc(60, 60, 30, 1).pixels())); }),
            Exit::input);
}

}  // namespace
}  // namespace troodon
