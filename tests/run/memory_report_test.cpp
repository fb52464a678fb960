#include "run/memory_report.hpp"

#include <gtest/gtest.h>

#include "../train/small_network.hpp"

namespace troodon::run {
namespace {

int64_t bytes_of(const std::vector<MemoryShare>& shares, const std::string& start) {
  for (const auto& share : shares) {
    if (share.what.starts_with(start)) return share.bytes;
  }
  return -1;
}

TEST(MemoryReport, AccountsForEveryByteOfThePeak) {
  const auto config = train::small_config();
  train::State state = train::small_state(config, 1);
  int64_t weights = 0;
  for (const auto& parameter : state.student->parameters()) {
    weights += 4 * parameter.numel();
    parameter.mutable_grad() = torch::zeros_like(parameter);
  }
  train::Batch batch;
  batch.global_crops = torch::zeros({8, 3, 16, 16});
  constexpr int64_t kBefore = 1 << 20, kPeak = 100 << 20;
  const auto shares = memory_shares(state, batch, kBefore, {.now = kPeak, .peak = kPeak});
  EXPECT_EQ(bytes_of(shares, "student"), weights);
  EXPECT_EQ(bytes_of(shares, "teacher"), weights);
  EXPECT_EQ(bytes_of(shares, "gradients"), weights);
  EXPECT_GT(bytes_of(shares, "moments"), 2 * weights);  // and a count of steps each
  EXPECT_EQ(bytes_of(shares, "the batch"), 8 * 3 * 16 * 16 * 4);
  int64_t sum = 0;
  for (const auto& share : shares) sum += share.bytes;
  EXPECT_EQ(sum, kPeak);
  EXPECT_NE(memory_table(shares).find("100.0 MiB"), std::string::npos);
}

TEST(MemoryReport, SeesWhatThisProcessHolds) {
  const MemoryUse before = memory_use(torch::kCPU);
  const torch::Tensor large = torch::ones({16 << 20});  // 64 MiB
  const MemoryUse after = memory_use(torch::kCPU);
  EXPECT_GE(after.now - before.now, 60 << 20);
  EXPECT_GE(after.peak, after.now);
}

}  // namespace
}  // namespace troodon::run
