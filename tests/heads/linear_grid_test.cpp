#include "heads/linear_grid.hpp"

#include <set>

#include <torch/csrc/autograd/autograd.h>

#include "heads/scratch.hpp"

namespace troodon::heads {
namespace {

GridOptions small_grid() {
  return {.rates = {1e-3, 1e-1}, .blocks = {1, 2}, .batch = 16, .epochs = 5};
}

TEST(LinearInput, ClassTokensOfTheLastBlocksComeBeforeTheMean) {
  const Tensor probe = torch::arange(2 * 3 * 2, torch::kFloat).view({2, 3, 2});
  EXPECT_TRUE(torch::equal(linear_input(probe, 1, false)[0], torch::tensor({2.F, 3.F})));
  EXPECT_TRUE(torch::equal(linear_input(probe, 1, true)[0], torch::tensor({2.F, 3.F, 4.F, 5.F})));
  EXPECT_TRUE(torch::equal(linear_input(probe, 2, true), probe.flatten(1)));
  EXPECT_NE(refusal([&] { linear_input(probe, 3, true); }).find("last 3 blocks"),
            std::string::npos);
}

TEST(LinearGrid, TogetherHeadsLearnWhatEachLearnsAlone) {
  const Labelled data = clusters(100, 3, {3, 8}, 1);
  const GridOptions all = small_grid();
  const LinearGrid grid = make_linear_grid(8, 3, all);
  LinearGrid together = make_linear_grid(8, 3, all);
  for (int i = 0; i < 3; ++i) step_linear_grid(together, data.features, data.labels, 0.5);
  for (int64_t place = 0; place < grid.size(); ++place) {
    const GridHead start = grid_head(grid, place), end = grid_head(together, place);
    Tensor weight = start.weight.clone().requires_grad_(), bias = start.bias.clone();
    Tensor speed = torch::zeros_like(weight), bias_speed = torch::zeros_like(bias);
    bias.requires_grad_();
    for (int i = 0; i < 3; ++i) {
      const Tensor x = linear_input(data.features, start.blocks, start.avgpool);
      const Tensor loss = torch::cross_entropy_loss(torch::addmm(bias, x, weight.t()), data.labels);
      const auto gradients = torch::autograd::grad({loss}, {weight, bias});
      const torch::NoGradGuard frozen;
      speed.mul_(0.9).add_(gradients[0]), bias_speed.mul_(0.9).add_(gradients[1]);
      weight.sub_(speed, 0.5 * start.rate), bias.sub_(bias_speed, 0.5 * start.rate);
    }
    EXPECT_TRUE(torch::allclose(end.weight, weight, 1e-5, 1e-6)) << start.name;
    EXPECT_TRUE(torch::allclose(end.bias, bias, 1e-5, 1e-6)) << start.name;
  }
}

TEST(LinearGrid, NamesKeepRatesApartThatTheOfficialOnesMix) {
  const LinearGrid grid = make_linear_grid(4, 2, {.batch = 128});
  EXPECT_EQ(grid.size(), 52);
  std::set<std::string> names, official;
  for (int64_t i = 0; i < grid.size(); ++i) {
    names.insert(grid_head(grid, i).name), official.insert(grid_head(grid, i).official_name);
  }
  EXPECT_EQ(names.size(), 52);
  EXPECT_EQ(official.size(), 48);  // 5e-6 and 1e-5 both print as 0_00001
  EXPECT_EQ(grid_head(grid, 0).name, "classifier_1_blocks_avgpool_False_lr_5e-06");
}

TEST(LinearGrid, TheBestHeadIsTheFirstWithTheHighestAccuracy) {
  const Labelled train = clusters(400, 3, {3, 8}, 1), val = clusters(200, 3, {3, 8}, 2);
  int64_t steps = 0;
  const LinearGrid grid =
      train_linear_grid(train, 3, small_grid(), [&](const GridStep& s) { steps = s.iterations; });
  EXPECT_EQ(steps, 5 * 25);
  const GridAccuracy accuracy = evaluate_linear_grid(grid, val);
  EXPECT_GT(accuracy.top1[static_cast<size_t>(accuracy.best)], 0.95);
  for (int64_t i = 0; i < grid.size(); ++i) {
    const double alone = top1(head_logits(grid_head(grid, i), val.features), val.labels);
    EXPECT_DOUBLE_EQ(accuracy.top1[static_cast<size_t>(i)], alone);
    if (i < accuracy.best) {
      EXPECT_LT(alone, accuracy.top1[static_cast<size_t>(accuracy.best)]);
    }
  }
}

TEST(LinearGrid, TheSameSeedGivesTheSameHeads) {
  const Labelled data = clusters(50, 2, {3, 8}, 1);
  const auto weight = [&](uint64_t seed) {
    GridOptions options = small_grid();
    options.seed = seed;
    return train_linear_grid(data, 2, options).groups[0].weight;
  };
  EXPECT_TRUE(torch::equal(weight(1), weight(1)));
  EXPECT_FALSE(torch::equal(weight(1), weight(2)));
}

TEST(Labelled, WhatCannotBeLearntFromIsNamed) {
  const auto said = [](Labelled data) {
    return refusal([&] { train_linear_grid(data, 2, small_grid()); });
  };
  Labelled good = clusters(20, 2, {3, 8}, 1);
  EXPECT_EQ(said(good), "");
  EXPECT_NE(said({.features = good.features}).find("no labels"), std::string::npos);
  EXPECT_NE(said({.features = good.features, .labels = good.labels.narrow(0, 0, 19)})
                .find("19 labels for 20"),
            std::string::npos);
  EXPECT_NE(said({.features = good.features, .labels = torch::ones({20}, torch::kLong)})
                .find("two classes"),
            std::string::npos);
  EXPECT_NE(said({.features = good.features, .labels = good.labels + 1}).find("labels run from 0"),
            std::string::npos);
  good.features[13][1][2] = NAN;
  EXPECT_NE(said(good).find("row 13"), std::string::npos);
  EXPECT_NE(said(clusters(20, 2, {2, 8}, 1)).find("last 2 blocks"), std::string::npos);
}

TEST(RealAccuracy, AnyOfSeveralLabelsCountsAndNoneIsSkipped) {
  const Tensor logits = torch::tensor({{3.F, 2.F, 1.F}, {1.F, 2.F, 3.F}, {3.F, 2.F, 1.F}});
  const Tensor labels = torch::tensor({{1, 0}, {1, -1}, {-1, -1}}, torch::kLong);
  EXPECT_DOUBLE_EQ(real_accuracy(logits, labels, 1), 0.5);
  EXPECT_DOUBLE_EQ(real_accuracy(logits, labels, 2), 1.0);
}

TEST(MapClasses, ColumnsAreTakenInOrder) {
  const Tensor logits = torch::tensor({{3.F, 2.F, 1.F}});
  EXPECT_TRUE(torch::equal(map_classes(logits, {2, 0}), torch::tensor({{1.F, 3.F}})));
  EXPECT_NE(refusal([&] { map_classes(logits, {3}); }).find("class 3"), std::string::npos);
}

}  // namespace
}  // namespace troodon::heads
