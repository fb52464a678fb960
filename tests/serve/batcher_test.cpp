#include "serve/batcher.hpp"

#include <atomic>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

using namespace std::chrono_literals;

image::Image picture(int value, int size = 2) {
  image::Image image(size, size);
  image.pixels[0] = static_cast<uint8_t>(value);
  return image;
}

/// A network whose feature is the first pixel and the batch's size; it holds each batch until told.
struct Network {
  std::atomic<int> held = 0, open = 0;
  std::atomic<size_t> largest = 0;
  std::vector<std::vector<float>> operator()(std::span<const image::Image> pictures) {
    ++held;
    while (open == 0) std::this_thread::sleep_for(1ms);
    largest = std::max(largest.load(), pictures.size());
    std::vector<std::vector<float>> features;
    int width = 0;
    for (const image::Image& one : pictures) {
      EXPECT_GE(one.width, width) << "those of one shape side by side";
      width = one.width;
      features.push_back({float(one.pixels[0]), float(pictures.size())});
    }
    return features;
  }
};

int status_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Problem& problem) {
    return problem.status;
  }
  return 0;
}

void wait_until(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(1ms);
}

TEST(Batcher, ALonePictureIsComputedAlone) {
  Network network;
  network.open = 1;
  Batcher batcher(std::ref(network));
  EXPECT_EQ(batcher.embed(picture(7)), (std::vector<float>{7, 1}));
}

TEST(Batcher, PicturesThatComeWhileItComputesShareTheNextBatchAndGetTheirOwnFeatures) {
  Network network;
  Batcher batcher(std::ref(network), {.batch = 4});
  std::vector<std::jthread> clients;
  std::vector<std::vector<float>> features(7);
  clients.emplace_back([&] { features[0] = batcher.embed(picture(0)); });
  wait_until([&] { return network.held == 1; });
  for (int i = 1; i < 7; ++i) {
    clients.emplace_back([&, i] { features[i] = batcher.embed(picture(i)); });
  }
  wait_until([&] { return batcher.statistics().waiting == 6; });
  network.open = 1;
  clients.clear();
  for (int i = 0; i < 7; ++i) EXPECT_EQ(features[i][0], i);
  EXPECT_EQ(network.largest, 4u);
  EXPECT_EQ(batcher.statistics().batches, 3u);
  EXPECT_EQ(batcher.statistics().pictures, 7u);
}

TEST(Batcher, PicturesOfAllShapesShareABatchAndGetTheirOwnFeatures) {
  Network network;
  Batcher batcher(std::ref(network));
  std::vector<std::jthread> clients;
  clients.emplace_back([&] { batcher.embed(picture(0)); });
  wait_until([&] { return network.held == 1; });
  for (int i = 1; i < 8; ++i) {
    clients.emplace_back([&, i] { EXPECT_EQ(batcher.embed(picture(i, 2 + i % 2))[0], i); });
  }
  wait_until([&] { return batcher.statistics().waiting == 7; });
  network.open = 1;
  clients.clear();
  EXPECT_EQ(batcher.statistics().batches, 2u);
}

TEST(Batcher, SeveralOfOneAskerShareABatch) {
  Network network;
  network.open = 1;
  Batcher batcher(std::ref(network));
  std::vector<image::Image> pictures;
  for (int i = 0; i < 3; ++i) pictures.push_back(picture(i, 2 + i));
  const auto features = batcher.embed_all(std::move(pictures));
  ASSERT_EQ(features.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(features[i], (std::vector<float>{float(i), 3}));
}

TEST(Batcher, AFullQueueAndALateReplyAreRefusedInWords) {
  Network network;
  Batcher batcher(std::ref(network), {.batch = 1, .queue = 1});
  std::jthread first([&] { batcher.embed(picture(0)); });
  wait_until([&] { return network.held == 1; });
  std::jthread second([&] { batcher.embed(picture(1)); });
  wait_until([&] { return batcher.statistics().waiting == 1; });
  EXPECT_EQ(status_of([&] { batcher.embed(picture(2)); }), 503);
  network.open = 1;
  first.join();
  second.join();
  network.open = 0;
  std::jthread third([&] { batcher.embed(picture(3)); });
  wait_until([&] { return network.held == 3; });
  EXPECT_EQ(status_of([&] { batcher.embed(picture(4), Clock::now() + 5ms); }), 503);
  EXPECT_EQ(batcher.statistics().late, 1u);
  EXPECT_EQ(batcher.statistics().refused, 1u);
  EXPECT_EQ(batcher.statistics().waiting, 0u) << "who has gone is not computed";
  network.open = 1;
}

TEST(Batcher, AFaultOfTheNetworkReachesAllWhoAskedAndTheNextIsServed) {
  std::atomic<int> calls = 0;
  Batcher batcher([&](std::span<const image::Image> pictures) {
    if (calls++ == 0) throw std::runtime_error("no");
    return std::vector<std::vector<float>>(pictures.size(), std::vector<float>{1});
  });
  EXPECT_THROW(batcher.embed(picture(1)), std::runtime_error);
  EXPECT_EQ(batcher.embed(picture(1)).size(), 1u);
}

}  // namespace
}  // namespace troodon::serve
