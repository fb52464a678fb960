#include "annotate/clicks.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "annotate/cut/max_flow.hpp"
#include "annotate/propagate.hpp"
#include "annotate/proposals.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "exports/outline.hpp"

namespace troodon::annotate {
namespace {

constexpr int kWidth = 120, kHeight = 90;

bool in_disc(int x, int y, int cx, int cy, int r) {
  return (x - cx) * (x - cx) + (y - cy) * (y - cy) <= r * r;
}

/// Two noisy red discs on noisy green; the left one is larger.
image::Image two_discs() {
  image::Image out(kWidth, kHeight);
  Random random(7);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const bool red = in_disc(x, y, 38, 45, 24) || in_disc(x, y, 92, 45, 16);
      uint8_t* p = out.row(y) + 3 * static_cast<ptrdiff_t>(x);
      for (int c = 0; c < 3; ++c)
        p[c] = static_cast<uint8_t>((c == 0) == red ? random.integer(150, 200)
                                                    : random.integer(30, 80));
    }
  }
  return out;
}

Mask disc(int cx, int cy, int r) {
  Mask out(kWidth, kHeight);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x)
      out.inside[static_cast<size_t>(y) * kWidth + x] = in_disc(x, y, cx, cy, r) ? 1 : 0;
  }
  return out;
}

/// Tokens of patches of 6 pixels: 4 values that say what is there, and some noise.
frozen::Tokens tokens_of(const image::Image& picture) {
  frozen::Tokens out{.layers = 1, .rows = kHeight / 6, .columns = kWidth / 6, .dim = 4};
  out.values.assign(static_cast<size_t>(out.tokens() * out.dim), 0);
  Random random(3);
  for (int64_t i = 0; i < out.rows * out.columns; ++i) {
    const auto x = static_cast<int>(i % out.columns) * 6 + 3,
               y = static_cast<int>(i / out.columns) * 6 + 3;
    const bool red = picture.row(y)[3 * x] > 100;
    float* token = &out.values[static_cast<size_t>((i + 1) * out.dim)];
    token[red ? 0 : 1] = 1;
    for (int d = 0; d < 4; ++d) token[d] += static_cast<float>(0.1 * random.normal());
  }
  return out;
}

Sight discs(bool with_tokens) {
  image::Image picture = two_discs();
  frozen::Tokens tokens = with_tokens ? tokens_of(picture) : frozen::Tokens{};
  return sight_of(std::move(picture), std::move(tokens));
}

TEST(Mask, SurvivesRunsAndJson) {
  const Mask mask = disc(40, 30, 17);
  EXPECT_EQ(mask_of_runs(kWidth, kHeight, run_text(mask)).inside, mask.inside);
  EXPECT_EQ(mask_of_json(mask_json(mask)).inside, mask.inside);
  EXPECT_EQ(area_of(mask_of_runs(3, 2, run_text(Mask(3, 2)))), 0);
  EXPECT_THROW(mask_of_runs(kWidth, kHeight + 1, run_text(mask)), Error);
  EXPECT_THROW(mask_of_json("[]"), Error);
  const image::Box box = box_of(mask);
  EXPECT_EQ(box.left, 23);
  EXPECT_EQ(box.width, 35);
}

TEST(MaxFlow, CutsWhereItCostsLeast) {
  // source -5- 0 -3- 1 -4- 2 -6- sink, and 0 -1- 2
  MaxFlow flow(3);
  flow.add_terminal(0, 5, 0);
  flow.add_terminal(2, 0, 6);
  flow.add_edge(0, 1, 3);
  flow.add_edge(1, 2, 4);
  flow.add_edge(0, 2, 1);
  EXPECT_FLOAT_EQ(flow.solve(), 4);
  EXPECT_TRUE(flow.of_source(0));
  EXPECT_FALSE(flow.of_source(1));
  EXPECT_FALSE(flow.of_source(2));
}

TEST(MaxFlow, CostsWhatTheBestOfAllCutsCosts) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    constexpr int kNodes = 9;
    float source[kNodes], sink[kNodes];
    std::vector<std::tuple<int, int, float>> edges;
    MaxFlow flow(kNodes);
    for (int i = 0; i < kNodes; ++i) {
      source[i] = static_cast<float>(random.integer(0, 6));
      sink[i] = static_cast<float>(random.integer(0, 6));
      flow.add_terminal(i, source[i], sink[i]);
      for (int j = 0; j < i; ++j) {
        if (!random.chance(0.4)) continue;
        edges.emplace_back(i, j, static_cast<float>(random.integer(1, 5)));
        flow.add_edge(i, j, std::get<2>(edges.back()));
      }
    }
    const auto cost = [&](int cut) {  // bit i: node i is the source's
      float sum = 0;
      for (int i = 0; i < kNodes; ++i) sum += (cut >> i & 1) != 0 ? sink[i] : source[i];
      for (const auto& [a, b, weight] : edges) sum += (cut >> a & 1) != (cut >> b & 1) ? weight : 0;
      return sum;
    };
    float least = 1e9F;
    for (int cut = 0; cut < 1 << kNodes; ++cut) least = std::min(least, cost(cut));
    EXPECT_FLOAT_EQ(static_cast<float>(flow.solve()), least) << seed;
    int ours = 0;
    for (int i = 0; i < kNodes; ++i) ours |= flow.of_source(i) ? 1 << i : 0;
    EXPECT_FLOAT_EQ(cost(ours), least) << seed;
  }
}

TEST(Clicks, OneFindsTheDiscItIsOnAndNotItsTwin) {
  for (const bool with_tokens : {false, true}) {
    const Sight sight = discs(with_tokens);
    const Mask mask = mask_of_clicks(sight, std::vector<Click>{{38, 45}});
    EXPECT_GT(iou(mask, disc(38, 45, 24)), 0.85) << with_tokens;
    EXPECT_FALSE(mask.at(92, 45));
  }
}

TEST(Clicks, TwoOnBothDiscsFindBoth) {
  const Sight sight = discs(true);
  const Mask mask = mask_of_clicks(sight, std::vector<Click>{{38, 45}, {92, 45}});
  Mask both = disc(38, 45, 24);
  const Mask right = disc(92, 45, 16);
  for (size_t i = 0; i < both.inside.size(); ++i) both.inside[i] |= right.inside[i];
  EXPECT_GT(iou(mask, both), 0.85);
}

TEST(Clicks, AreObeyed) {
  const Sight sight = discs(true);
  const std::vector<Click> clicks = {{60, 5}, {38, 45, false}, {92.5, 50.5}, {100, 80, false}};
  const Mask mask = mask_of_clicks(sight, clicks);
  EXPECT_TRUE(mask.at(60, 5));
  EXPECT_FALSE(mask.at(38, 45));
  EXPECT_TRUE(mask.at(92, 50));
  EXPECT_FALSE(mask.at(100, 80));
}

TEST(Clicks, EveryPartHoldsOneAtFullSize) {
  // Speckles larger than a pixel of the working size make the filters leave scraps.
  constexpr int kScale = 7;
  const image::Image small = two_discs();
  image::Image large(kWidth * kScale, kHeight * kScale);
  for (int y = 0; y < large.height; ++y) {
    for (int x = 0; x < large.width; ++x)
      std::copy_n(small.row(y / kScale) + 3 * static_cast<ptrdiff_t>(x / kScale),
                  3,
                  large.row(y) + 3 * static_cast<ptrdiff_t>(x));
  }
  const Sight sight = sight_of(std::move(large), {});
  for (const std::vector<Click>& clicks :
       {std::vector<Click>{{38 * kScale, 45 * kScale}},
        std::vector<Click>{{92 * kScale, 45 * kScale}, {60 * kScale, 5 * kScale}}}) {
    const Mask mask = mask_of_clicks(sight, clicks);
    std::vector<int32_t> labels(mask.inside.begin(), mask.inside.end());
    for (int32_t& label : labels) --label;
    const auto part = exports::region_numbers({mask.width, mask.height, labels});
    std::set<int32_t> clicked;
    for (const Click& click : clicks)
      clicked.insert(
          part[static_cast<size_t>(click.y) * mask.width + static_cast<size_t>(click.x)]);
    EXPECT_FALSE(clicked.contains(-1));
    for (const int32_t p : part) ASSERT_TRUE(p < 0 || clicked.contains(p)) << clicks.size();
  }
}

TEST(Clicks, ABoxIsEnoughAndNothingLeavesIt) {
  const Sight sight = discs(true);
  const image::Box box{.top = 28, .left = 75, .height = 35, .width = 35};
  const Mask mask = mask_of_clicks(sight, {}, box);
  EXPECT_GT(iou(mask, disc(92, 45, 16)), 0.85);
  const image::Box found = box_of(mask);
  EXPECT_GE(found.left, 75);
  EXPECT_LE(found.left + found.width, 110);
}

TEST(Clicks, OutsideOrWithoutAnyAreRefused) {
  const Sight sight = discs(false);
  EXPECT_THROW(mask_of_clicks(sight, {}), Error);
  EXPECT_THROW(mask_of_clicks(sight, std::vector<Click>{{kWidth + 1.0, 5}}), Error);
  EXPECT_THROW(mask_of_clicks(sight, std::vector<Click>{{NAN, 5}}), Error);
  EXPECT_THROW(mask_of_clicks(sight, {}, image::Box{.top = 0, .left = 0, .height = 0, .width = 5}),
               Error);
  EXPECT_THROW(sight_of({}, {}), Error);
}

TEST(Proposals, ContainBothDiscs) {
  const auto masks = proposals(discs(true), 6);
  ASSERT_FALSE(masks.empty());
  EXPECT_LE(masks.size(), 6U);
  for (const auto& [x, r] : {std::pair{38, 24}, {92, 16}}) {
    double best = 0;
    for (const Mask& mask : masks) best = std::max(best, iou(mask, disc(x, 45, r)));
    EXPECT_GT(best, 0.8) << x;
  }
  for (size_t i = 1; i < masks.size(); ++i) EXPECT_GE(masks[i - 1].score, masks[i].score);
}

TEST(Propagation, FindsWhatTheExampleShowsAndNotWhereItIsNot) {
  const image::Image picture = two_discs();
  const frozen::Tokens tokens = tokens_of(picture);
  const Mask example = disc(38, 45, 24);
  frozen::Tokens green = tokens;  // a picture of nothing but background
  for (int64_t i = 1; i < green.tokens(); ++i)
    std::copy_n(&tokens.values[static_cast<size_t>(tokens.dim)], tokens.dim, &green.values[i * 4]);
  // The other red disc is what the example shows, too, so mark both.
  Mask both = example;
  const Mask right = disc(92, 45, 16);
  for (size_t i = 0; i < both.inside.size(); ++i) both.inside[i] |= right.inside[i];
  const Pattern pattern = pattern_of(std::vector{Example{&tokens, &both}});
  EXPECT_GT(presence(pattern, tokens), 0.8);
  EXPECT_LT(presence(pattern, green), 0.2);

  std::vector<Found> found;
  std::vector<size_t> bad;
  size_t last = 0;
  const Pictures pictures{.count = 3,
                          .tokens = [&](size_t i) { return i == 1 ? green : tokens; },
                          .picture =
                              [&](size_t i) {
                                if (i == 2) fail(Exit::input, "torn");
                                return picture;
                              },
                          .failed = [&](size_t i, const std::string&) { bad.push_back(i); }};
  const size_t hits = propagate(
      pattern,
      pictures,
      [&](Found one) { found.push_back(std::move(one)); },
      [&](size_t done, size_t) {
        last = done;
        return true;
      });
  EXPECT_EQ(hits, 1U);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].picture, 0U);
  EXPECT_GT(iou(found[0].mask, both), 0.85);
  EXPECT_EQ(bad, std::vector<size_t>{2});
  EXPECT_EQ(last, 3U);
}

TEST(Propagation, RefusesExamplesThatShowNothing) {
  const frozen::Tokens tokens = tokens_of(two_discs());
  const Mask nothing(kWidth, kHeight);
  EXPECT_THROW(pattern_of({}), Error);
  EXPECT_THROW(pattern_of(std::vector{Example{&tokens, &nothing}}), Error);
}

TEST(Propagation, ReviewBeginsWithTheLeastSure) {
  const std::vector<double> scores = {0.95, 0.6, 0.1, 0.45};
  EXPECT_EQ(review_order(scores), (std::vector<size_t>{3, 1, 2, 0}));
}

}  // namespace
}  // namespace troodon::annotate
