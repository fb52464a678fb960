#include "evaluate/propagation.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "index/features.hpp"

namespace troodon::evaluate {
namespace {

constexpr int64_t kRows = 6, kColumns = 8, kWidth = 16;

/// A texture, and the same moved to the right by `shift` patches.
PatchFrame texture(int64_t shift) {
  PatchFrame out{.rows = kRows, .columns = kColumns, .dim = kWidth};
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t c = 0; c < kColumns; ++c) {
      Random random(static_cast<uint64_t>(1000 * r + c - shift + 500));
      for (int64_t i = 0; i < kWidth; ++i)
        out.features.push_back(static_cast<float>(random.normal()));
    }
  index::normalize_rows(out.features, kWidth);
  return out;
}

TEST(Propagation, AMaskMovesWithItsTexture) {
  Memory memory{.first = texture(0)};
  memory.first.shares.assign(kRows * kColumns * 2, 0);
  for (int64_t place = 0; place < kRows * kColumns; ++place) {
    const bool object = place % kColumns == 3 && place / kColumns == 2;
    memory.first.shares[static_cast<size_t>(2 * place + (object ? 1 : 0))] = 1;
  }
  PatchFrame next = texture(1);
  propagate(memory, {.neighbours = 1, .radius = 3}, 2, next);
  for (int64_t place = 0; place < kRows * kColumns; ++place) {
    if (place % kColumns == 0) continue;  // came into view just now
    const bool object = place % kColumns == 4 && place / kColumns == 2;
    EXPECT_EQ(next.shares[static_cast<size_t>(2 * place + 1)], object ? 1.0F : 0.0F) << place;
  }
}

TEST(Propagation, WhatIsOutOfReachIsNotAsked) {
  Memory memory{.first = texture(0)};
  memory.first.shares.assign(kRows * kColumns * 2, 0);
  for (int64_t place = 0; place < kRows * kColumns; ++place)
    memory.first.shares[static_cast<size_t>(2 * place + (place % kColumns == 0 ? 1 : 0))] = 1;
  PatchFrame far = texture(5);
  propagate(memory, {.neighbours = 1, .radius = 2}, 2, far);
  // The object's column is 5 patches away: nobody who asks 2 patches around can find it there.
  for (int64_t r = 0; r < kRows; ++r)
    EXPECT_EQ(far.shares[static_cast<size_t>(2 * (r * kColumns + 5) + 1)], 0.0F);
}

TEST(Propagation, SharesAreMeansOverAPatchAndReadBackAsTheSameMask) {
  image::Plane mask(32, 24);
  for (int y = 0; y < 24; ++y)
    for (int x = 0; x < 32; ++x) mask.values[static_cast<size_t>(y * 32 + x)] = x < 16 ? 1 : 0;
  PatchFrame frame{.rows = kRows, .columns = kColumns};
  frame.shares = shares_of(mask, 2, kRows, kColumns);
  EXPECT_EQ(frame.shares[1], 1.0F);
  const image::Plane back = mask_of(frame, 2, 32, 24);
  EXPECT_EQ(back.values, mask.values);
}

}  // namespace
}  // namespace troodon::evaluate
