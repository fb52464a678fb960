#include "run/batches.hpp"

#include <gtest/gtest.h>

#include "small_run.hpp"

namespace troodon::run {
namespace {

std::vector<train::Batch> take(const data::Folder& folder, const BatchesOptions& options) {
  const auto config = small_config();
  Batches batches(config, data::open_source(folder.path().string()), options);
  std::vector<train::Batch> out;
  for (int64_t step = options.first_step; step < options.last_step; ++step) {
    out.push_back(batches.next());
  }
  return out;
}

bool same(const train::Batch& a, const train::Batch& b) {
  return torch::equal(a.global_crops, b.global_crops) &&
         torch::equal(a.local_crops, b.local_crops) && torch::equal(a.masks, b.masks) &&
         torch::equal(a.mask_indices, b.mask_indices) &&
         torch::equal(a.masks_weight, b.masks_weight);
}

TEST(Batches, HaveTheShapesThatTheConfigAsksFor) {
  const data::Folder folder;
  put_pictures(folder, 6, 3);
  const train::Batch batch = take(folder, {.threads = 1, .last_step = 1}).front();
  EXPECT_EQ(batch.global_crops.sizes(), (std::vector<int64_t>{8, 3, 16, 16}));
  EXPECT_EQ(batch.local_crops.sizes(), (std::vector<int64_t>{8, 3, 8, 8}));
  EXPECT_EQ(batch.masks.sizes(), (std::vector<int64_t>{8, 16}));
  EXPECT_EQ(batch.mask_indices.numel(), batch.masks.sum().item<int64_t>());
}

TEST(Batches, AreTheSameForAnyNumberOfThreads) {
  const data::Folder folder;
  put_pictures(folder, 6, 3);
  const auto one = take(folder, {.threads = 1, .last_step = 4});
  const auto three = take(folder, {.threads = 3, .last_step = 4});
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(same(one[i], three[i])) << "batch " << i;
  EXPECT_FALSE(same(one[0], one[1]));
}

TEST(Batches, GoOnWhereTheyWereAfterAResume) {
  const data::Folder folder;
  put_pictures(folder, 6, 3);
  const auto whole = take(folder, {.threads = 2, .last_step = 5});
  const auto rest = take(folder, {.threads = 2, .first_step = 3, .last_step = 5});
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_TRUE(same(whole[3], rest[0]));
  EXPECT_TRUE(same(whole[4], rest[1]));
}

TEST(Batches, PutAnotherPictureInTheBrokenOnesPlace) {
  const data::Folder folder;
  put_pictures(folder, 9, 3);
  folder.put("broken.png", "no picture");
  const auto config = small_config();
  Batches batches(
      config, data::open_source(folder.path().string()), {.threads = 2, .last_step = 5});
  for (int step = 0; step < 5; ++step) EXPECT_EQ(batches.next().global_crops.size(0), 8);
  EXPECT_EQ(batches.bad_files().count(), 1U);
}

}  // namespace
}  // namespace troodon::run
