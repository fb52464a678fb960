#include "run/guard.hpp"

#include <gtest/gtest.h>

#include "model/checkpoint.hpp"
#include "run/checkpoints.hpp"
#include "run/pretrain.hpp"
#include "small_run.hpp"

namespace troodon::run {
namespace {

index::Features features(const torch::Tensor& rows) {
  const torch::Tensor flat = rows.contiguous().flatten().to(torch::kFloat);
  return {.rows = rows.size(0),
          .dim = rows.size(1),
          .values = {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()}};
}

TEST(Drift, IsZeroForEqualFeaturesUpToScaleAndMeanAndOneForUnrelatedOnes) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({400, 64});
  EXPECT_NEAR(drift(features(x), features(3 * x + 5)), 0, 1e-5);
  EXPECT_NEAR(drift(features(x), features(-x)), 2, 1e-5);
  EXPECT_NEAR(drift(features(x), features(torch::randn({400, 64}))), 1, 0.05);
  EXPECT_THROW(drift(features(x), features(x.slice(0, 0, 10))), Error);
}

/// A backbone on disk and pictures to go on with.
struct Continuation {
  data::Folder folder;
  fs::path start = folder.path() / "start.safetensors";

  Continuation() {
    put_pictures(folder, 12, 5);
    train::State state = small_state(small_config(), 4);
    export_teacher(start, state, 16);
  }

  /// Trains on from the backbone; the teacher that is left.
  std::pair<RunResult, model::Backbone> run(std::vector<std::string> settings) const {
    settings.push_back("student.pretrained_weights='" + start.string() + "'");
    const auto config = small_config(settings);
    RunOptions options{.data = folder.path().string(),
                       .out = folder.path() / "run",
                       .overwrite = true,
                       .progress = ProgressStyle::none};
    RunResult result = pretrain(config, options);
    return {result, model::load_backbone(options.out / "teacher.safetensors")};
  }

  double moved(const model::Backbone& end) const {
    const auto before = model::load_backbone(start).network->parameters();
    const auto now = end.network->parameters();
    double most = 0;
    for (size_t i = 0; i < before.size(); ++i)
      most = std::max(most, (before[i] - now[i]).abs().max().item<double>());
    return most;
  }
};

const std::vector<std::string> kFast = {"optim.lr=1e-2",
                                        "optim.warmup_epochs=0",
                                        "teacher.momentum_teacher=0",
                                        "teacher.final_momentum_teacher=0",
                                        "train.batch_size_per_gpu=4",
                                        "troodon.max_steps=6",
                                        "continuation.check_every=2"};

std::vector<std::string> and_also(std::vector<std::string> settings) {
  settings.insert(settings.begin(), kFast.begin(), kFast.end());
  return settings;
}

TEST(Continuation, TheBackboneRestsWhileNewHeadsWarmUp) {
  const Continuation from;
  const auto [all, resting] = from.run(and_also({"continuation.head_warmup=1"}));
  EXPECT_EQ(all.steps, 6);
  EXPECT_EQ(from.moved(resting), 0);
  const auto [half, moving] = from.run(and_also({"continuation.head_warmup=0.5"}));
  EXPECT_GT(from.moved(moving), 1e-3);
  const auto [slow, slowly] = from.run(and_also({"continuation.backbone_lr_mult=0.01"}));
  EXPECT_LT(from.moved(slowly), from.moved(moving));
}

TEST(Continuation, EndsWithTheLastTeacherWhoseFeaturesHeld) {
  const Continuation from;
  const auto [free, far] = from.run(and_also({}));
  EXPECT_EQ(free.steps, 6);
  EXPECT_TRUE(free.stopped.empty());
  const auto [guarded, near] = from.run(and_also({"continuation.max_drift=1e-6"}));
  EXPECT_EQ(guarded.steps, 2);
  EXPECT_FALSE(guarded.interrupted);
  EXPECT_NE(guarded.stopped.find("drifted"), std::string::npos) << guarded.stopped;
  EXPECT_EQ(from.moved(near), 0);
  EXPECT_GT(from.moved(far), 1e-3);
}

}  // namespace
}  // namespace troodon::run
