#include "data/loader.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace troodon::data {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<uint64_t>;

Loader<Numbers> numbers(const LoaderOptions& options) {
  return {options,
          [slots = options.slots](uint64_t) { return Numbers(slots); },
          [](Numbers& batch, uint64_t number, size_t slot) {
            if (mix(number, slot) % 7 == 0) std::this_thread::sleep_for(200us);
            batch[slot] = number * 100 + slot;
          }};
}

TEST(Loader, BatchesArriveInOrderForAnyNumberOfThreads) {
  for (const size_t threads : {1, 2, 5}) {
    for (const size_t ahead : {1, 3}) {
      auto loader = numbers({.threads = threads, .ahead = ahead, .slots = 4, .first_batch = 6});
      for (uint64_t n = 6; n < 60; ++n) {
        ASSERT_EQ(loader.next(), (Numbers{n * 100, n * 100 + 1, n * 100 + 2, n * 100 + 3}));
      }
    }
  }
}

TEST(Loader, KeepsAtMostAheadBatches) {
  std::atomic<int> alive = 0;
  std::atomic<int> most = 0;
  Loader<std::shared_ptr<int>> loader(
      {.threads = 4, .ahead = 3},
      [&](uint64_t) {
        const int now = ++alive;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        return std::shared_ptr<int>(new int(0), [&](int* p) {
          --alive;
          delete p;
        });
      },
      [](auto&, uint64_t, size_t) {});
  for (int i = 0; i < 50; ++i) {
    loader.next();
    std::this_thread::sleep_for(100us);
  }
  EXPECT_LE(most, 4);  // three pending and the one just handed out
  EXPECT_GE(most, 2);
}

TEST(Loader, ErrorOfTheEarliestSlotComesBackInItsTurn) {
  for (const size_t threads : {1, 4}) {
    Loader<Numbers> loader(
        {.threads = threads, .ahead = 4, .slots = 8},
        [](uint64_t) { return Numbers(8); },
        [](Numbers&, uint64_t number, size_t slot) {
          if (number >= 2 && slot >= 5) fail("batch {} slot {}", number, slot);
          if (number == 2 && slot == 4) std::this_thread::sleep_for(1ms);
        });
    EXPECT_EQ(loader.next().size(), 8);
    EXPECT_EQ(loader.next().size(), 8);
    for (int again = 0; again < 2; ++again) {
      try {
        loader.next();
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "batch 2 slot 5");
      }
    }
  }
}

TEST(Loader, ErrorOfBeginComesBack) {
  Loader<Numbers> loader(
      {.threads = 2},
      [](uint64_t) -> Numbers { fail("no memory"); },
      [](Numbers&, uint64_t, size_t) {});
  EXPECT_THROW(loader.next(), Error);
}

TEST(Loader, EndsAfterTheLastBatch) {
  auto loader = numbers({.threads = 3, .slots = 2, .end_batch = 2});
  EXPECT_FALSE(loader.done());
  loader.next();
  loader.next();
  EXPECT_TRUE(loader.done());
  EXPECT_THROW(loader.next(), Error);
}

TEST(Loader, StopsAtOnceWhenItGoes) {
  const auto start = std::chrono::steady_clock::now();
  {
    Loader<Numbers> loader(
        {.threads = 2, .ahead = 100, .slots = 1000},
        [](uint64_t) { return Numbers(1000); },
        [](Numbers&, uint64_t, size_t) { std::this_thread::sleep_for(1ms); });
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);  // all of it would take 50 s
}

TEST(Loader, CountsTheTimeItsUserWaits) {
  Loader<Numbers> loader(
      {.threads = 1, .end_batch = 1},
      [](uint64_t) { return Numbers(1); },
      [](Numbers&, uint64_t, size_t) { std::this_thread::sleep_for(20ms); });
  EXPECT_EQ(loader.wait_seconds(), 0);
  loader.next();
  EXPECT_GT(loader.wait_seconds(), 0.005);
}

}  // namespace
}  // namespace troodon::data
