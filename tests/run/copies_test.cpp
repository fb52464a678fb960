#include <gtest/gtest.h>

#include "base/interrupt.hpp"
#include "model/checkpoint.hpp"
#include "run/batches.hpp"
#include "run/pretrain.hpp"
#include "small_run.hpp"

namespace troodon::run {
namespace {

struct CopyRun {
  data::Folder folder;
  train::TrainConfig config = small_config({"copies.learn=true",
                                            "crops.local_crops_number=0",
                                            "optim.warmup_epochs=0",
                                            "troodon.save_every=2",
                                            "troodon.max_steps=4"});

  CopyRun() { put_pictures(folder, 9, 5); }
  RunOptions options(const std::string& name) const {
    return {.data = folder.path().string(),
            .out = folder.path() / "runs" / name,
            .progress = ProgressStyle::none};
  }
  torch::Tensor crops(size_t threads, int64_t first) const {
    Batches batches(config,
                    data::open_source(folder.path().string()),
                    {.threads = threads, .first_step = first, .last_step = 4});
    torch::Tensor out;
    for (int64_t step = first; step < 4; ++step) out = batches.next().global_crops;
    return out;
  }
  std::vector<torch::Tensor> weights(const std::string& name) const {
    return model::load_backbone(options(name).out / "teacher.safetensors").network->parameters();
  }
};

TEST(Copies, ComeInTheSameBatchesForAnyThreadsAndAfterAResume) {
  const CopyRun run;
  const torch::Tensor crops = run.crops(1, 0);
  EXPECT_EQ(crops.sizes(), (std::vector<int64_t>{8, 3, 16, 16}));
  EXPECT_TRUE(torch::equal(crops, run.crops(3, 0)));
  EXPECT_TRUE(torch::equal(crops, run.crops(2, 3)));
}

TEST(Copies, AreLearntToTheSameWeightsInOneGoAndAfterAnInterrupt) {
  const CopyRun run;
  const RunResult whole = pretrain(run.config, run.options("whole"));
  EXPECT_EQ(whole.steps, 4);
  EXPECT_TRUE(fs::exists(whole.report));

  RunOptions stopping = run.options("twice");
  stopping.on_step = [](const StepNews& news) {
    if (news.step == 2) interrupt();
  };
  EXPECT_TRUE(pretrain(run.config, stopping).interrupted);
  clear_interrupt();
  RunOptions going_on = run.options("twice");
  going_on.resume = true;
  EXPECT_EQ(pretrain(run.config, going_on).steps_now, 2);
  const auto a = run.weights("whole"), b = run.weights("twice");
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i], b[i])) << i;
}

}  // namespace
}  // namespace troodon::run
