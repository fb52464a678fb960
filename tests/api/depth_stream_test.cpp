#include "troodon/depth_stream.hpp"

#include <gtest/gtest.h>

#include "troodon/error.hpp"

namespace troodon {
namespace {

std::vector<float> wall(std::span<const std::uint8_t> rgb, int width, int height) {
  return std::vector<float>(static_cast<size_t>(width) * height, rgb[0]);
}

TEST(DepthStream, AnswersTheNewestFrameAndEnds) {
  DepthStream stream(wall);
  for (std::uint8_t n = 0; n < 50; ++n)
    EXPECT_TRUE(stream.push(n, std::vector<std::uint8_t>(6, n), 2, 1));
  stream.close();
  std::int64_t last = -1, taken = 0;
  while (const auto answer = stream.next()) {
    EXPECT_GT(answer->number, last);
    EXPECT_EQ(answer->metres, std::vector<float>(2, static_cast<float>(answer->number)));
    last = answer->number, ++taken;
  }
  EXPECT_EQ(last, 49);
  EXPECT_TRUE(stream.finished());
  const DepthStreamStats stats = stream.stats();
  EXPECT_EQ(stats.pushed, 50);
  EXPECT_EQ(stats.answered + stats.dropped, 50);
  EXPECT_EQ(stats.answered - stats.unread, taken);
}

TEST(DepthStream, AnswersEveryFrameIfNoneMayBeDropped) {
  DepthStream stream(wall, Drop::never);
  for (std::uint8_t n = 0; n < 9; ++n) {
    stream.push(n, std::vector<std::uint8_t>(3, n), 1, 1);
    EXPECT_EQ(stream.next()->number, n);
  }
}

TEST(DepthStream, RefusesWhatIsNoFrame) {
  DepthStream stream(wall);
  EXPECT_THROW(stream.push(0, std::vector<std::uint8_t>(5), 2, 1), Error);
  DepthStream broken([](auto, int, int) { return std::vector<float>(7); });
  broken.push(0, std::vector<std::uint8_t>(6), 2, 1);
  EXPECT_THROW((void)broken.next(), Error);
}

}  // namespace
}  // namespace troodon
