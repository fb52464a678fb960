#include "train/precision.hpp"

#include <gtest/gtest.h>

#include "distributed/threads.hpp"
#include "small_network.hpp"

namespace troodon::train {
namespace {

using distributed::Alone;
using distributed::Communicator;

StepValues run_step(State& state, const TrainConfig& config, const ProductTypes& types = {}) {
  Alone alone;
  const Batch batch = small_batch(config, 1);
  return train_step(state, batch, Schedules(config, 1).at(0), {config, alone, 0, types});
}

/// A fresh network whose loss is multiplied by `scale`.
State scaled_state(const TrainConfig& config, double scale) {
  State state = small_state(config, 7);
  state.loss_scale = {.used = true, .value = scale};
  return state;
}

TrainConfig quick_config(const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{"optim.lr=1e-2", "optim.warmup_epochs=0", "student.layerscale=0.5"};
  all.insert(all.end(), more.begin(), more.end());
  return small_config(all);
}

std::vector<Tensor> weights_of(const Network& network) {
  std::vector<Tensor> out;
  for (const Tensor& param : network->parameters()) out.push_back(param.detach().clone());
  return out;
}

bool equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
    return torch::equal(x, y);
  });
}

TEST(LossScale, OfAPowerOfTwoChangesNoBit) {
  for (const std::string fused : {"true", "false"}) {
    const TrainConfig config = quick_config({"troodon.fused_loss=" + fused});
    State plain = small_state(config, 7), scaled = scaled_state(config, 1024);
    const StepValues without = run_step(plain, config), with = run_step(scaled, config);
    EXPECT_EQ(without.total, with.total);
    EXPECT_EQ(without.gradient_norms, with.gradient_norms);
    EXPECT_EQ(without.loss_scale, 0);
    EXPECT_EQ(with.loss_scale, 1024);
    EXPECT_TRUE(equal(weights_of(plain.student), weights_of(scaled.student)));
  }
}

TEST(LossScale, AnOverflowSparesTheStudentHalvesTheScaleAndTheTeacherFollows) {
  const TrainConfig config = quick_config();
  State state = scaled_state(config, 1e38);
  {
    const torch::NoGradGuard frozen;
    state.teacher->parameters().front().add_(1);
  }
  const auto student = weights_of(state.student), teacher = weights_of(state.teacher);
  const StepValues values = run_step(state, config);
  EXPECT_TRUE(values.finite());
  EXPECT_TRUE(values.gradient_norms.empty());
  EXPECT_EQ(state.loss_scale.value, 5e37);
  EXPECT_TRUE(equal(student, weights_of(state.student)));
  EXPECT_FALSE(equal(teacher, weights_of(state.teacher)));
}

TEST(LossScale, DoublesAfterManyGoodSteps) {
  Alone alone;
  LossScale scale{.used = true, .value = 8, .good_steps = 1998};
  for (const double expected : {8, 16}) {
    const Tensor gradient = torch::full({3}, 8.0);
    const double before = scale.value;
    EXPECT_TRUE(scale.unscale({gradient}, alone));
    EXPECT_EQ(gradient[0].item<double>(), 8 / before);
    EXPECT_EQ(scale.value, expected);
  }
  EXPECT_EQ(scale.good_steps, 0);
}

TEST(LossScale, OneRanksOverflowIsEveryRanks) {
  distributed::run_ranks(3, [](Communicator& ranks) {
    LossScale scale{.used = true, .value = 4};
    const bool bad = ranks.rank() == 1;
    const Tensor gradient =
        torch::full({2}, bad ? std::numeric_limits<double>::infinity() : 1.0, torch::kFloat);
    EXPECT_FALSE(scale.unscale({gradient}, ranks));
    EXPECT_EQ(scale.value, 2);
  });
}

TEST(LossScale, IsUsedWhereProductsAreFloat16AndTheScalerIsOn) {
  EXPECT_FALSE(LossScale::of(small_config()).used);
  EXPECT_TRUE(LossScale::of(small_config({"troodon.precision=fp16"})).used);
  EXPECT_TRUE(LossScale::of(small_config({"troodon.precision=official"})).used);
  EXPECT_FALSE(
      LossScale::of(small_config({"troodon.precision=fp16", "compute_precision.grad_scaler=false"}))
          .used);
}

TEST(ProductTypes, ComeFromTheModuleWherePrecisionIsOfficial) {
  const TrainConfig config =
      small_config({"troodon.precision=official",
                    "compute_precision.student.dino_head.mixed_precision.param_dtype=fp32",
                    "compute_precision.teacher.backbone.mixed_precision.param_dtype=bf16"});
  const ProductTypes types = product_types(config, torch::Device("cuda:0"));
  EXPECT_EQ(types.student.backbone, torch::kHalf);
  EXPECT_EQ(types.student.dino_head, torch::kFloat);
  EXPECT_EQ(types.teacher.backbone, torch::kBFloat16);
  EXPECT_EQ(product_types(small_config(), torch::kCPU).student.backbone, torch::kFloat);
  EXPECT_EQ(product_types(small_config(), torch::Device("cuda:0")).student.backbone,
            torch::kBFloat16);
}

TEST(ProductTypes, OfFloat16LearnLikeFloat32) {
  if (!kernels::NarrowProducts::available(torch::kHalf))
    GTEST_SKIP() << "this CPU has no float16 products";
  for (const std::string fused : {"true", "false"}) {
    const TrainConfig config = quick_config({"troodon.precision=fp16",
                                             "train.centering=sinkhorn_knopp",
                                             "troodon.fused_loss=" + fused});
    State exact = small_state(config, 7), half = small_state(config, 7);
    exact.loss_scale = {};
    ASSERT_EQ(half.loss_scale.value, 65536);
    const ProductTypes types = product_types(config, torch::kCPU);
    int learnt = 0;
    for (int i = 0; i < 40 && learnt < 10; ++i) {  // the first steps overflow until the scale fits
      const StepValues seen = run_step(half, config, types);
      if (seen.gradient_norms.empty()) continue;
      const double wanted = run_step(exact, config).total;
      EXPECT_NEAR(seen.total, wanted, 0.01 * std::abs(wanted)) << "step " << i;
      EXPECT_NE(seen.total, wanted) << "was float32 used after all?";
      ++learnt;
    }
    EXPECT_EQ(learnt, 10);
    EXPECT_GE(half.loss_scale.value, 1);
  }
}

}  // namespace
}  // namespace troodon::train
