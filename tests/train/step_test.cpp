#include "train/step.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "distributed/threads.hpp"
#include "small_network.hpp"
#include "train/losses.hpp"

namespace troodon::train {
namespace {

using distributed::Alone;
using distributed::Communicator;

TrainConfig tiny_config(const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{"student.drop_path_rate=0.5",
                               "student.layerscale=0.5",
                               "ibot.head_n_prototypes=10",
                               "ibot.head_hidden_dim=16",
                               "ibot.head_bottleneck_dim=8",
                               "optim.lr=1e-2",
                               "optim.warmup_epochs=0",
                               "optim.freeze_last_layer_epochs=0"};
  all.insert(all.end(), more.begin(), more.end());
  return small_config(all);
}

State seeded_state(const TrainConfig& config, uint64_t seed = 7) {
  return small_state(config, seed);
}

bool same_weights(const Network& a, const Network& b, double tolerance = 0) {
  const auto other = b->named_parameters();
  for (const auto& item : a->named_parameters()) {
    if ((item.value() - other[item.key()]).abs().max().item<double>() > tolerance) return false;
  }
  return true;
}

StepValues run_step(State& state, const TrainConfig& config, const Batch& batch, int64_t step) {
  Alone alone;
  return train_step(state, batch, Schedules(config, 1).at(step), {config, alone, step});
}

TEST(TrainStep, LowersTheLossOnOneBatch) {
  const TrainConfig config = tiny_config({"student.drop_path_rate=0"});
  State state = seeded_state(config);
  const Batch batch = small_batch(config, 1);
  const double before = run_step(state, config, batch, 0).total;
  double after = before;
  for (int i = 1; i < 30; ++i) after = run_step(state, config, batch, i).total;
  EXPECT_LT(after, before - 0.3);
}

/// Losses and gradients of the first step in float64.
std::vector<Tensor> first_step(const std::vector<std::string>& more) {
  const TrainConfig config = tiny_config(more);
  at::set_num_threads(1);
  torch::manual_seed(7);
  State state(config, torch::kCPU, torch::kDouble);
  Alone alone;
  const Batch batch = small_batch(config, 1).to(torch::kCPU, torch::kDouble);
  std::vector<Tensor> out;
  for (int64_t step = 0; step < 2; ++step) {  // the second one's centres have seen the first
    const Losses loss =
        forward_backward(state, batch, Schedules(config, 1).at(step), {config, alone, step});
    out = {loss.dino_local, loss.dino_global, loss.koleo, loss.ibot, loss.total};
  }
  for (const Tensor& param : state.student->parameters()) {
    out.push_back(param.grad().defined() ? param.grad() : torch::zeros_like(param));
  }
  return out;
}

TEST(TrainStep, IsTheSameHoweverItIsComputed) {
  for (const std::string centering : {"centering", "sinkhorn_knopp"}) {
    for (const std::string separate : {"true", "false"}) {
      const std::vector<std::string> task{"train.centering=" + centering,
                                          "ibot.separate_head=" + separate,
                                          "dino.loss_weight=0.7",
                                          "ibot.loss_weight=1.3"};
      const auto with = [&](std::vector<std::string> ways) {
        ways.insert(ways.end(), task.begin(), task.end());
        return first_step(ways);
      };
      const auto plain = with({"troodon.packing=per_size", "troodon.fused_loss=false"});
      for (const auto& way : {std::vector<std::string>{},
                              {"troodon.packing=packed", "troodon.fused_loss=false"},
                              {"troodon.packing=per_size", "troodon.checkpoint_blocks=true"},
                              {"troodon.packing=packed", "troodon.checkpoint_blocks=true"}}) {
        const auto other = with(way);
        for (size_t i = 0; i < plain.size(); ++i) {
          EXPECT_TRUE(torch::allclose(other[i], plain[i], 1e-8, 1e-11))
              << centering << " " << separate << " tensor " << i;
        }
      }
    }
  }
}

TEST(TrainStep, RefusesAnUnknownPacking) {
  EXPECT_THROW(tiny_config({"troodon.packing=tight"}), Error);
}

TEST(TrainStep, OfTheSameSeedAndStepIsTheSame) {
  const TrainConfig config = tiny_config();
  State a = seeded_state(config), b = seeded_state(config);
  run_step(a, config, small_batch(config, 1), 3), run_step(b, config, small_batch(config, 1), 3);
  EXPECT_TRUE(same_weights(a.student, b.student));
  run_step(b, config, small_batch(config, 1), 4);
  EXPECT_FALSE(same_weights(a.student, b.student));
}

TEST(TrainStep, ResumesExactlyFromWeightsMomentsAndCentres) {
  const TrainConfig config = tiny_config();
  State whole = seeded_state(config), first = seeded_state(config);
  for (int i = 0; i < 2; ++i) {
    run_step(whole, config, small_batch(config, i), i),
        run_step(first, config, small_batch(config, i), i);
  }
  State second = seeded_state(config, 8);
  copy_weights(second.student, first.student), copy_weights(second.teacher, first.teacher);
  second.optimizer.load_state(first.optimizer.state());
  second.load_center_state(first.center_state());
  for (int i = 2; i < 4; ++i) {
    run_step(whole, config, small_batch(config, i), i),
        run_step(second, config, small_batch(config, i), i);
  }
  EXPECT_TRUE(same_weights(whole.student, second.student));
  EXPECT_TRUE(same_weights(whole.teacher, second.teacher));
}

TEST(TrainStep, TheTeacherFollowsTheUpdatedStudent) {
  const TrainConfig config = tiny_config({"teacher.momentum_teacher=0.75"});
  State state = seeded_state(config);
  const Tensor old = state.teacher->backbone->named_parameters()["cls_token"].clone();
  run_step(state, config, small_batch(config, 1), 0);
  const Tensor student = state.student->backbone->named_parameters()["cls_token"];
  const Tensor teacher = state.teacher->backbone->named_parameters()["cls_token"];
  EXPECT_TRUE(teacher.allclose(0.75 * old + 0.25 * student, 1e-5, 1e-7));
}

TEST(TrainStep, LeavesTheWeightsAloneWhenTheLossIsNotFinite) {
  const TrainConfig config = tiny_config();
  State state = seeded_state(config), untouched = seeded_state(config);
  Batch batch = small_batch(config, 1);
  batch.global_crops.fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(run_step(state, config, batch, 0).finite());
  EXPECT_TRUE(same_weights(state.student, untouched.student));
}

TEST(TrainStep, WorksWithoutLocalCropsWithoutMasksAndWithASeparateHead) {
  for (const char* centering : {"centering", "sinkhorn_knopp"}) {
    const TrainConfig config = tiny_config({"crops.local_crops_number=0",
                                            "ibot.separate_head=true",
                                            std::string("train.centering=") + centering});
    State state = seeded_state(config);
    Batch batch = small_batch(config, 1);
    batch.masks.fill_(false);
    batch.mask_indices = torch::zeros({0}, torch::kLong);
    batch.masks_weight = torch::zeros({0});
    for (int i = 0; i < 2; ++i) {
      const StepValues values = run_step(state, config, batch, i);
      EXPECT_TRUE(values.finite()) << centering;
      EXPECT_EQ(values.ibot, 0) << centering;
      EXPECT_EQ(values.dino_local, 0) << centering;
    }
  }
}

TEST(TrainStep, LogsTheOfficialHalvedValuesAndTheTrueTotal) {
  const StepValues values{.dino_local = 4, .dino_global = 2, .koleo = 1, .ibot = 3, .total = 10};
  const auto row = values.log_row();
  EXPECT_EQ(row[2].second, 0.5);
  EXPECT_EQ(row[4].second, 8);
  EXPECT_EQ(row[5].second, 10);
}

TEST(TrainStep, OnTwoRanksEqualsOneProcessWithBothBatches) {
  // KoLeo is per rank by design, and drop path draws per rank: both off.
  const std::vector<std::string> settings{
      "dino.koleo_loss_weight=0", "student.drop_path_rate=0", "train.centering=sinkhorn_knopp"};
  TrainConfig half = tiny_config(settings), whole = tiny_config(settings);
  half.train.batch_size_per_gpu = 2;
  const Batch all = small_batch(whole, 1);
  State together = seeded_state(whole), apart = seeded_state(half), other = seeded_state(half);
  run_step(together, whole, all, 0);
  distributed::run_ranks(2, [&](Communicator& ranks) {
    const int64_t r = ranks.rank();
    const auto mine = [&](const Tensor& t,
                          int64_t groups) {  // pictures 2r, 2r+1 of every crop group
      return t.unflatten(0, {groups, 4}).slice(1, 2 * r, 2 * r + 2).flatten(0, 1);
    };
    Batch part{.global_crops = mine(all.global_crops, 2), .local_crops = mine(all.local_crops, 2)};
    part.masks = mine(all.masks, 2);
    part.mask_indices = part.masks.flatten().nonzero().flatten();
    part.masks_weight = masks_weight(part.masks);
    train_step(r == 0 ? apart : other, part, Schedules(half, 2).at(0), {half, ranks});
  });
  EXPECT_TRUE(same_weights(apart.student, other.student));
  EXPECT_TRUE(same_weights(together.teacher, apart.teacher, 1e-5));
}

}  // namespace
}  // namespace troodon::train
