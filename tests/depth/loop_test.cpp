#include "depth/loop.hpp"

#include <future>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::depth {
namespace {

Frame frame(int64_t number) {
  return {.number = number, .name = std::to_string(number), .picture = image::Image(2, 1)};
}

/// A look that waits until it is let go.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int entered = 0, allowed = 0;

  Map look(const image::Image&) {
    std::unique_lock lock(mutex);
    const int mine = ++entered;
    changed.notify_all();
    changed.wait(lock, [&] { return allowed >= mine; });
    return {2, 1, {1, 1}};
  }
  void wait_for(int looks) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return entered >= looks; });
  }
  void allow(int looks) {
    const std::lock_guard lock(mutex);
    allowed += looks;
    changed.notify_all();
  }
};

TEST(Loop, NewestFrameWinsWhileTheWorkerIsBusy) {
  Gate gate;
  Loop loop([&](const image::Image& picture) { return gate.look(picture); });
  EXPECT_TRUE(loop.push(frame(0)));
  gate.wait_for(1);
  for (int i = 1; i <= 5; ++i) EXPECT_TRUE(loop.push(frame(i)));  // returns though nobody looks
  gate.allow(1);
  EXPECT_EQ(loop.next()->frame.number, 0);
  gate.allow(1);
  const auto last = loop.next();
  EXPECT_EQ(last->frame.number, 5);
  EXPECT_GT(last->latency, 0);
  loop.close();
  EXPECT_FALSE(loop.next().has_value());
  EXPECT_TRUE(loop.finished());
  EXPECT_FALSE(loop.push(frame(6)));
  const LoopStats stats = loop.stats();
  EXPECT_EQ(stats.pushed, 6);
  EXPECT_EQ(stats.answered, 2);
  EXPECT_EQ(stats.dropped, 4);
  EXPECT_EQ(stats.unread, 0);
  EXPECT_LE(stats.p50, stats.p99);
  EXPECT_LE(stats.p99, stats.worst);
}

TEST(Loop, NewestAnswerWinsWhileNobodyTakesIt) {
  Gate gate;
  Loop loop([&](const image::Image& picture) { return gate.look(picture); });
  for (int i = 0; i < 3; ++i) {
    loop.push(frame(i));
    gate.wait_for(i + 1);
    gate.allow(1);
    while (loop.stats().answered < i + 1) std::this_thread::yield();
  }
  EXPECT_EQ(loop.next()->frame.number, 2);
  EXPECT_EQ(loop.stats().unread, 2);
}

TEST(Loop, WithoutDroppingEveryFrameIsAnsweredInOrderAndTheGiverWaits) {
  std::atomic<int> running = 0, most = 0;
  Loop loop(
      [&](const image::Image&) {
        most = std::max<int>(most, ++running);
        --running;
        return Map{2, 1, {1, 1}};
      },
      {.drop = Drop::never, .waiting = 2});
  std::atomic<int64_t> pushed = 0;
  std::jthread giver([&] {
    for (int i = 0; i < 500; ++i) {
      loop.push(frame(i));
      ++pushed;
    }
    loop.close();
  });
  int64_t wanted = 0;
  while (const auto answer = loop.next()) {
    EXPECT_EQ(answer->frame.number, wanted++);
    EXPECT_LE(pushed - wanted, 6);  // two and two may wait, one is looked at, one is being pushed
  }
  EXPECT_EQ(wanted, 500);
  EXPECT_EQ(loop.stats().dropped, 0);
  EXPECT_EQ(most, 1);
}

TEST(Loop, StopLetsGoWhoeverWaits) {
  Gate gate;
  Loop loop([&](const image::Image& picture) { return gate.look(picture); },
            {.drop = Drop::never, .waiting = 1});
  loop.push(frame(0));
  gate.wait_for(1);
  loop.push(frame(1));
  auto waiting = std::async(std::launch::async, [&] { return loop.push(frame(2)); });
  loop.stop();
  EXPECT_FALSE(waiting.get());
  EXPECT_FALSE(loop.next().has_value());
  gate.allow(9);
}

TEST(Loop, HandsOnWhatTheLookThrew) {
  Loop loop([](const image::Image&) -> Map { fail("no depth today"); });
  loop.push(frame(0));
  EXPECT_THROW((void)loop.next(), Error);
  EXPECT_FALSE(loop.next().has_value());
  EXPECT_TRUE(loop.finished());
  EXPECT_FALSE(loop.push(frame(1)));
}

TEST(Loop, NextGivesUpAfterItsTime) {
  Gate gate;
  Loop loop([&](const image::Image& picture) { return gate.look(picture); });
  loop.push(frame(0));
  EXPECT_FALSE(loop.next(0.001).has_value());
  EXPECT_FALSE(loop.finished());
  gate.allow(1);
  EXPECT_TRUE(loop.next().has_value());
}

}  // namespace
}  // namespace troodon::depth
