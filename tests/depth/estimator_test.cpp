#include "depth/estimator.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::depth {
namespace {

TEST(Estimator, WithWhatComesAlongIsRelativeAndOfThePicturesSize) {
  if (infer::shipped_file("depth").empty()) GTEST_SKIP() << "no models beside this program";
  image::Image picture(70, 50);
  Random random(1);
  for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  Estimator estimator({.predictor = {.threads = 1}});
  const Map map = estimator.of(picture);
  EXPECT_EQ(map.width, 70);
  EXPECT_EQ(map.height, 50);
  EXPECT_EQ(map.metres.size(), 3500U);
  EXPECT_FALSE(map.metric);
  for (const float metres : map.metres) EXPECT_GT(metres, 0);
}

TEST(UsualRange, LeavesStrayPixelsOut) {
  Map map{.width = 100, .height = 10, .metres = std::vector<float>(1000)};
  for (size_t i = 0; i < 1000; ++i) map.metres[i] = 1 + 0.001F * static_cast<float>(i);
  map.metres[0] = 0, map.metres[1] = 0.01F, map.metres[2] = 900;
  const auto range = usual_range(map, 0.01);
  EXPECT_NEAR(range.near, 1.011, 0.003);
  EXPECT_NEAR(range.far, 1.99, 0.003);
  EXPECT_EQ(usual_range(map, 0).far, 900);
  EXPECT_EQ(usual_range({.width = 1, .height = 1, .metres = {0}}).far, 0);
}

TEST(Summary, IsWhatThePageAsksFor) {
  const Map map{.width = 2, .height = 1, .metres = {1, 4}, .metric = false};
  const auto said = nlohmann::json::parse(summary_json(map, usual_range(map, 0)));
  EXPECT_EQ(said["width"], 2);
  EXPECT_EQ(said["near"], 1);
  EXPECT_EQ(said["far"], 4);
  EXPECT_EQ(said["unit"], "relative");
  ASSERT_EQ(said["legend"].size(), 9U);
  EXPECT_NEAR(said["legend"][4]["metres"].get<double>(), 2, 1e-6);
  EXPECT_EQ(said["legend"][0]["colour"], "#fff2b2");
}

}  // namespace
}  // namespace troodon::depth
