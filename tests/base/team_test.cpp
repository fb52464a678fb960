#include "base/team.hpp"

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace troodon {
namespace {

TEST(Team, DoesEachPieceOnceWhateverItsSize) {
  for (const size_t threads : {1, 2, 5}) {
    Team team(threads);
    EXPECT_EQ(team.size(), threads);
    for (size_t n = 0; n < 40; ++n) {
      std::vector<int> done(n);
      std::atomic<size_t> strangers = 0;
      team.run(n, [&](size_t i, size_t worker) {
        ++done[i];
        if (worker >= threads) ++strangers;
      });
      EXPECT_EQ(std::accumulate(done.begin(), done.end(), 0), static_cast<int>(n));
      EXPECT_EQ(strangers, 0U);
    }
  }
}

TEST(Team, SleepsAndWakes) {
  Team team(3);
  std::atomic<int> sum = 0;
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    team.run(10, [&](size_t, size_t) { ++sum; });
  }
  EXPECT_EQ(sum, 30);
}

TEST(Team, ThrowsWhatTheFirstOfItsThreadsThrewAndGoesOn) {
  Team team(2);
  EXPECT_THROW(team.run(8,
                        [](size_t i, size_t) {
                          if (i == 3) throw std::runtime_error("three");
                        }),
               std::runtime_error);
  std::atomic<int> sum = 0;
  team.run(8, [&](size_t, size_t) { ++sum; });
  EXPECT_EQ(sum, 8);
}

}  // namespace
}  // namespace troodon
