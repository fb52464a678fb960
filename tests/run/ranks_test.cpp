#include <gtest/gtest.h>

#include "base/log.hpp"
#include "distributed/threads.hpp"
#include "model/checkpoint.hpp"
#include "run/batches.hpp"
#include "run/checkpoints.hpp"
#include "run/pretrain.hpp"
#include "small_run.hpp"

// Runs made by several ranks: the same pictures, the same files, the same weights.
namespace troodon::run {
namespace {

using distributed::Communicator;
using distributed::run_ranks;

constexpr int64_t kPictures = 12;  // of a step, over all ranks

/// A run of `world` ranks that share kPictures.
train::TrainConfig config_of(int64_t world, const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{
      "troodon.batch_over_ranks=true",
      "student.drop_path_rate=0",  // draws for each rank by itself
      "troodon.threads=1",
      "troodon.save_every=2",
      "optim.epochs=1",
      "optim.lr=1e-3",
      "optim.warmup_epochs=0",
      "train.OFFICIAL_EPOCH_LENGTH=5",
      "train.batch_size_per_gpu=" + std::to_string(kPictures / world),
  };
  all.insert(all.end(), more.begin(), more.end());
  return small_config(all);
}

train::Batch first_batch(const data::Folder& folder, int64_t rank, int64_t world) {
  Batches batches(config_of(world),
                  data::open_source(folder.path().string()),
                  {.threads = 1, .last_step = 2, .rank = rank, .world = world});
  batches.next();
  return batches.next();
}

TEST(BatchesOfRanks, AreTogetherTheBatchOfOneProcess) {
  const data::Folder folder;
  put_pictures(folder, 15, 3);
  const train::Batch whole = first_batch(folder, 0, 1);
  for (int64_t rank = 0; rank < 4; ++rank) {
    const train::Batch mine = first_batch(folder, rank, 4);
    const auto part = [&](const torch::Tensor& t) {
      return t.unflatten(0, {-1, kPictures}).slice(1, 3 * rank, 3 * rank + 3).flatten(0, 1);
    };
    EXPECT_TRUE(mine.global_crops.equal(part(whole.global_crops)));
    EXPECT_TRUE(mine.local_crops.equal(part(whole.local_crops)));
    EXPECT_TRUE(mine.masks.equal(part(whole.masks)));
    EXPECT_TRUE(mine.mask_indices.equal(mine.masks.flatten().nonzero().flatten()));
    EXPECT_EQ(mine.masks_weight.size(0), mine.mask_indices.size(0));
  }
}

class RunsOfRanks : public testing::Test {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::error);
    put_pictures(folder_, 20, 3);
  }
  void TearDown() override { set_log_level(LogLevel::info); }

  /// Trains, in `name`, and returns the finished teacher's weights.
  std::vector<torch::Tensor> train(const std::string& name,
                                   int64_t world,
                                   const std::vector<std::string>& more,
                                   bool resume = false) {
    const fs::path out = folder_.path() / name;
    run_ranks(world, [&](Communicator& ranks) {
      at::set_num_threads(1);
      const auto result = pretrain_on(ranks,
                                      "cpu",
                                      config_of(world, more),
                                      {.data = folder_.path().string(),
                                       .out = out,
                                       .resume = resume,
                                       .progress = ProgressStyle::none});
      EXPECT_EQ(result.first, ranks.rank() == 0);
    });
    if (!fs::exists(out / "teacher.safetensors")) return {};
    std::vector<torch::Tensor> weights;
    const auto backbone = model::load_backbone(out / "teacher.safetensors");
    for (const auto& item : backbone.network->named_parameters()) {
      // The K third of this bias has the true gradient 0, so Adam amplifies rounding noise.
      const bool noisy = item.key().ends_with("attn.qkv.bias");
      const auto thirds = item.value().chunk(noisy ? 3 : 1);
      weights.insert(weights.end(), {thirds.front(), thirds.back()});
    }
    return weights;
  }

  void copy_run(const std::string& from, const std::string& to) {
    fs::copy(folder_.path() / from, folder_.path() / to, fs::copy_options::recursive);
  }

  data::Folder folder_;
};

double difference(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  double worst = a.empty() || a.size() != b.size() ? 1e9 : 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    worst = std::max(worst, (a[i] - b[i]).abs().max().item<double>());
  return worst;
}

TEST_F(RunsOfRanks, GoOnWithAnyNumberOfRanksFromACheckpointOfFour) {
  // The first weights of a run on thread-ranks are drawn from one shared generator; a start from a
  // saved state is not left to that.
  train("start", 1, {"troodon.max_steps=1"});
  for (const std::string sharding : {"none", "full"}) {
    copy_run("start", "one" + sharding), copy_run("start", "four" + sharding);
    const auto whole = train("one" + sharding, 1, {}, true);
    train("four" + sharding, 4, {"troodon.max_steps=3", "troodon.sharding=" + sharding}, true);
    for (const int64_t world : {1, 2, 3}) {
      const std::string name = "to" + std::to_string(world) + sharding;
      copy_run("four" + sharding, name);
      const auto resumed = train(name, world, {"troodon.sharding=" + sharding}, true);
      // Adam amplifies rounding here, too; the golden runs on four ranks hold 1e-5, 1e-10 in
      // double.
      EXPECT_LT(difference(whole, resumed), 1e-4) << world << " ranks, sharding " << sharding;
    }
  }
}

TEST_F(RunsOfRanks, WriteTheSameFilesAsOneProcess) {
  train("start", 1, {"troodon.max_steps=1"});
  train("start", 3, {"troodon.sharding=full"}, true);
  const fs::path out = folder_.path() / "start";
  for (const char* name : {"config.yaml", "metrics.jsonl", "teacher.safetensors", "report.html"})
    EXPECT_TRUE(fs::exists(out / name)) << name;
  EXPECT_EQ(latest_checkpoint(out)->step, 5);
}

}  // namespace
}  // namespace troodon::run
