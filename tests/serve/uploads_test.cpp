#include "serve/uploads.hpp"

#include <gtest/gtest.h>

#include "image/encode.hpp"
#include "serve/http/problem.hpp"
#include "serve/lru.hpp"

namespace troodon::serve {
namespace {

const auto kLater = Clock::time_point::max();

int status_of(Uploads& uploads, const std::string& file) {
  try {
    (void)uploads.add(file, kLater);
  } catch (const Problem& problem) {
    return problem.status;
  }
  return 0;
}

TEST(Uploads, KeepTheLastUsedAndNameThemUnguessably) {
  Decoders decoders;
  Uploads uploads(decoders, {.count = 2});
  const std::string file = image::encode_png(image::Image(5, 4));
  const auto first = uploads.add(file, kLater), second = uploads.add(file, kLater);
  EXPECT_NE(first->ref, second->ref);
  EXPECT_EQ(first->ref.size(), 18u);
  EXPECT_TRUE(is_upload(first->ref));
  EXPECT_EQ(first->picture.width, 5);
  ASSERT_TRUE(uploads.find(first->ref));
  (void)uploads.add(file, kLater);
  EXPECT_TRUE(uploads.find(first->ref)) << "it was used after the second";
  EXPECT_FALSE(uploads.find(second->ref));
  EXPECT_FALSE(uploads.find("u-0000000000000000"));
  EXPECT_EQ(uploads.count(), 2u);
}

TEST(Uploads, KeepTheirMemory) {
  Decoders decoders;
  Uploads uploads(decoders, {.bytes = 2 * 30 * 20 * 3});
  for (int i = 0; i < 5; ++i) (void)uploads.add(image::encode_png(image::Image(30, 20)), kLater);
  EXPECT_EQ(uploads.count(), 2u);
  EXPECT_EQ(uploads.bytes(), 2u * 30 * 20 * 3);
  (void)uploads.add(image::encode_png(image::Image(300, 20)), kLater);
  EXPECT_EQ(uploads.count(), 1u) << "the newest is kept, even if it is too large";
}

TEST(Uploads, SayWhatIsWrongByTheirStatus) {
  Decoders decoders({.max_pixels = 1000});
  Uploads uploads(decoders);
  EXPECT_EQ(status_of(uploads, ""), 415);
  EXPECT_EQ(status_of(uploads, "#!/bin/sh\n"), 415);
  EXPECT_EQ(status_of(uploads, image::encode_png(image::Image(100, 100))), 413) << "a bomb";
  EXPECT_EQ(status_of(uploads, image::encode_png(image::Image(10, 10)).substr(0, 40)), 422);
  EXPECT_EQ(uploads.count(), 0u);
}

TEST(Lru, ForgetsTheLongestUnused) {
  Lru<std::string> lru(10);
  lru.keep("a", "A", 4);
  lru.keep("b", "B", 4);
  EXPECT_EQ(*lru.find("a"), "A");
  lru.keep("c", "C", 4);
  EXPECT_EQ(lru.find("b"), nullptr);
  EXPECT_NE(lru.find("a"), nullptr);
  EXPECT_EQ(*lru.keep("d", "D", 11), "D") << "handed back, not kept";
  EXPECT_EQ(lru.find("d"), nullptr);
  EXPECT_EQ(lru.bytes(), 8u);
}

}  // namespace
}  // namespace troodon::serve
