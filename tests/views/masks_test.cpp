#include "views/masks.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace troodon::views {
namespace {

int64_t ones(const std::vector<uint8_t>& mask) {
  return std::count(mask.begin(), mask.end(), 1);
}

/// Always the same draws: u, and the lowest integer.
class FixedDraws : public MaskDraws {
 public:
  explicit FixedDraws(double u) : u_(u) {}
  double unit() override { return u_; }
  int64_t integer(int64_t low, int64_t) override { return low; }
  std::vector<int64_t> permutation(int64_t n) override {
    return std::vector<int64_t>(static_cast<size_t>(n));
  }

 private:
  double u_;
};

TEST(BlockMask, LargestBlockIsFlooredTwice) {
  EXPECT_EQ(official_max_block(224, 14), 128);
  EXPECT_EQ(official_max_block(224, 16), 98);
  EXPECT_EQ(official_max_block(518, 14), 666);
}

TEST(BlockMask, MiddleDrawGivesASquareInTheCorner) {
  FixedDraws draws(0.5);  // area 4 + (28 - 4) / 2 = 16, aspect 1
  const auto mask = block_mask({.rows = 8, .columns = 8, .max_block = 28}, 16 + 12, draws);
  // The first block is 4 x 4; later ones fall on the same corner and add nothing more.
  EXPECT_EQ(ones(mask), 16);
  EXPECT_EQ(mask[0], 1);
  EXPECT_EQ(mask[3 * 8 + 3], 1);
  EXPECT_EQ(mask[4], 0);
}

TEST(BlockMask, HalvesAreRoundedToEven) {
  FixedDraws draws(0.5);  // area (4 + 8.5) / 2 = 6.25: sides of 2.5
  const auto mask = block_mask({.rows = 8, .columns = 8, .max_block = 8.5}, 10, draws);
  EXPECT_EQ(ones(mask), 4);
}

TEST(BlockMask, NeverCoversMoreThanItsTarget) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SeededDraws draws(seed);
    const MaskOptions options{.rows = 7, .columns = 9, .max_block = 31};
    const auto target = static_cast<int64_t>(seed % 40);
    const auto count = ones(block_mask(options, target, draws));
    EXPECT_LE(count, target) << "seed " << seed;
    EXPECT_GE(count, target - 8) << "seed " << seed;
  }
}

TEST(BlockMask, NoBlockFitsATinyGrid) {
  SeededDraws draws(1);
  EXPECT_EQ(ones(block_mask({.rows = 1, .columns = 1}, 1, draws)), 0);
}

}  // namespace
}  // namespace troodon::views
