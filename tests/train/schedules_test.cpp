#include "train/schedules.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace troodon::train {
namespace {

TEST(CosineSchedule, StartsAtTheWarmupValueAndReachesTheBaseTwice) {
  const CosineSchedule lr{.base_value = 1, .final_value = 0, .total_steps = 20, .warmup_steps = 5};
  EXPECT_EQ(lr.at(0), 0);
  EXPECT_EQ(lr.at(4), 1);
  EXPECT_EQ(lr.at(5), 1);
  EXPECT_GT(lr.at(19), 0);
  EXPECT_EQ(lr.at(20), 0);
}

TEST(CosineSchedule, IsHalfWayInTheMiddle) {
  const CosineSchedule decay{.base_value = 0.04, .final_value = 0.4, .total_steps = 100};
  EXPECT_NEAR(decay.at(50), 0.22, 1e-12);
}

TEST(Schedules, GiveTheOfficialShortRunItsKnownValues) {
  TrainConfig config;
  config.train.batch_size_per_gpu = 64;
  const Schedules schedules(config, 32);
  EXPECT_NEAR(schedules.at(12499).lr, 0.0056568542, 1e-10);
  EXPECT_NEAR(schedules.at(60000).lr, 3.51307e-3, 1e-8);
  EXPECT_NEAR(schedules.at(62500).momentum, 0.996, 1e-12);
  EXPECT_EQ(schedules.at(1249).last_layer_lr, 0);
  EXPECT_EQ(schedules.at(1250).last_layer_lr, schedules.at(1250).lr);
  EXPECT_EQ(schedules.at(37500).teacher_temperature, 0.07);
}

TEST(Schedules, TheBackboneRestsForItsPartOfTheStepsThatAreMade) {
  TrainConfig config;
  config.troodon.max_steps = 500;
  config.continuation = {.head_warmup = 0.3, .backbone_lr_mult = 0.1};
  const Schedules schedules(config, 1);
  EXPECT_EQ(schedules.at(149).backbone, 0);
  EXPECT_EQ(schedules.at(150).backbone, 0.1);
  EXPECT_EQ(Schedules(TrainConfig(), 1).at(0).backbone, 1);
}

TEST(Schedules, WithoutTemperatureWarmupUseTheFinalTemperatureAtOnce) {
  TrainConfig config;
  config.teacher.warmup_teacher_temp_epochs = 0;
  EXPECT_EQ(Schedules(config, 1).at(0).teacher_temperature, 0.07);
}

}  // namespace
}  // namespace troodon::train
