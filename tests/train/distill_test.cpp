#include <gtest/gtest.h>

#include "distributed/communicator.hpp"
#include "small_network.hpp"
#include "train/losses.hpp"
#include "train/schedules.hpp"

namespace troodon::train {
namespace {

/// A wider network teaches the small one.
struct Lesson {
  TrainConfig config = small_config({"distillation.checkpoint_path=frozen",
                                     "student.drop_path_rate=0.5",
                                     "optim.lr=5e-3",
                                     "optim.warmup_epochs=0",
                                     "optim.freeze_last_layer_epochs=0"});
  State state = small_state(config, 3);
  Batch batch;

  Lesson() {
    const TrainConfig wide = small_config({"student.arch=vit_32x2x2"});
    state.guide = Network(wide.teacher_vit(), wide);
    state.guide->eval();
    for (auto& parameter : state.guide->parameters()) parameter.set_requires_grad(false);
    batch.global_crops = torch::randn({8, 3, 16, 16});
    batch.local_crops = torch::randn({8, 3, 8, 8});
    batch.masks = torch::zeros({8, 16}, torch::kBool);
    batch.masks.slice(0, 0, 8, 2).slice(1, 0, 3).fill_(true);
    batch.mask_indices = batch.masks.flatten().nonzero().flatten();
    batch.masks_weight = masks_weight(batch.masks);
  }

  StepValues step(int64_t number) {
    distributed::Alone alone;
    return train_step(state, batch, Schedules(config, 1).at(number), {config, alone, number});
  }
};

TEST(Distillation, TheStudentComesNearerToTheFrozenTeacher) {
  Lesson lesson;
  std::vector<torch::Tensor> before;
  for (const auto& parameter : lesson.state.guide->parameters()) {
    before.push_back(parameter.clone());
  }
  const double first = lesson.step(0).total;
  double last = 0;
  for (int64_t i = 1; i < 40; ++i) last = lesson.step(i).total;
  EXPECT_LT(last, 0.9 * first);
  const auto after = lesson.state.guide->parameters();
  for (size_t i = 0; i < after.size(); ++i) EXPECT_TRUE(after[i].equal(before[i]));
}

TEST(Distillation, NothingIsHiddenFromTheStudentNorDropped) {
  Lesson lesson;
  EXPECT_EQ(lesson.config.student_vit().drop_path_rate, 0);
  const StepValues masked = lesson.step(0);
  Lesson other;
  other.batch.masks.logical_not_();  // other places, as many questions: all
  other.batch.mask_indices = other.batch.masks.flatten().nonzero().flatten();
  other.batch.masks_weight = masks_weight(other.batch.masks);
  other.batch.global_crops = lesson.batch.global_crops;
  other.batch.local_crops = lesson.batch.local_crops;
  copy_weights(other.state.guide, lesson.state.guide);
  EXPECT_EQ(masked.total, other.step(0).total);
  lesson.config.distillation.all_patches = false;
  EXPECT_NE(masked.ibot, lesson.step(1).ibot);
}

}  // namespace
}  // namespace troodon::train
