#include "base/parallel.hpp"

#include <numeric>
#include <stdexcept>

#include <gtest/gtest.h>

namespace troodon {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnceWithAnyThreadCount) {
  for (const size_t threads : {1U, 2U, 7U}) {
    std::vector<int> visits(1000);
    parallel_for(visits.size(), [&](size_t i) { ++visits[i]; }, threads);
    EXPECT_EQ(std::accumulate(visits.begin(), visits.end(), 0), 1000);
    EXPECT_EQ(*std::max_element(visits.begin(), visits.end()), 1);
  }
}

TEST(ParallelFor, RethrowsTheException) {
  EXPECT_THROW(parallel_for(
                   50,
                   [](size_t i) {
                     if (i == 20) throw std::runtime_error("twenty");
                   },
                   3),
               std::runtime_error);
}

TEST(ParallelFor, NothingToDoIsFine) {
  parallel_for(0, [](size_t) { FAIL(); });
}

}  // namespace
}  // namespace troodon
