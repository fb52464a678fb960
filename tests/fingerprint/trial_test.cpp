#include "fingerprint/trial.hpp"

#include <gtest/gtest.h>

namespace troodon::fingerprint {
namespace {

TEST(Distances, CountEachPairOnceAndNoPictureWithItself) {
  Trial trial;
  for (size_t i = 0; i < 3; ++i) trial.references.push_back({.group = i});
  trial.queries = {{.group = 0, .transform = "a"}, {.group = 1, .transform = "b"}, {.group = 2}};
  trial.queries[2].self = 2;
  const Distances distances =
      Distances::measure(trial, [](const Fingerprint&, const Fingerprint&) { return 7; });
  EXPECT_EQ(distances.at(6).found, 0U);
  EXPECT_EQ(distances.at(7).found, 8U);  // 3 + 3 + 2
  EXPECT_EQ(distances.at(7).right, 2U);
  EXPECT_EQ(distances.at(7).wanted, 2U);
  EXPECT_EQ(distances.at(7, "a").found, 3U);
  EXPECT_EQ(distances.transforms(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(distances.threshold_for(0.9), -1);
  EXPECT_EQ(distances.threshold_for(0.25), 256);
}

}  // namespace
}  // namespace troodon::fingerprint
