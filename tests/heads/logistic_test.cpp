#include "heads/logistic.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "heads/lbfgs.hpp"
#include "heads/logistic_objective.hpp"
#include "heads/scratch.hpp"

namespace troodon::heads {
namespace {

/// Largest entry of the gradient of the mean objective, by autograd in float64.
double steepest(const LogisticModel& model, const Labelled& data) {
  const Tensor w = model.weight.clone().requires_grad_(), b = model.bias.clone().requires_grad_();
  const Tensor logits = torch::addmm(b, data.features.to(torch::kDouble), w.t());
  const Tensor loss =
      torch::cross_entropy_loss(logits, data.labels, {}, at::Reduction::Sum) * model.c +
      w.square().sum() / 2;
  const auto g = torch::autograd::grad({loss}, {w, b});
  const double scale = model.c * static_cast<double>(data.labels.size(0));
  return std::max(g[0].abs().max().item<double>(), g[1].abs().max().item<double>()) / scale;
}

TEST(Lbfgs, FindsTheBottomOfRosenbrocksValley) {
  const auto valley = [](const Tensor& x) {
    const double a = x[0].item<double>(), b = x[1].item<double>();
    return Valued{.value = std::pow(1 - a, 2) + 100 * std::pow(b - a * a, 2),
                  .gradient = torch::tensor(
                      {-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)}, torch::kDouble)};
  };
  const auto found =
      minimise(valley, torch::tensor({-1.2, 1.0}, torch::kDouble), {.tolerance = 1e-8});
  EXPECT_TRUE(found.converged);
  EXPECT_LT(found.evaluations, 80);
  EXPECT_NEAR(found.x[0].item<double>(), 1, 1e-7);
  EXPECT_NEAR(found.x[1].item<double>(), 1, 1e-7);
}

TEST(LogisticObjective, ItsGradientIsThatOfAutograd) {
  const Labelled data = clusters(700, 3, {5}, 1);
  const LogisticProblem problem{
      .x = data.features, .targets = data.labels, .classes = 3, .penalty = 0.01};
  const Tensor p = torch::randn({3, 6}, torch::kDouble).requires_grad_();
  const Tensor logits =
      torch::addmm(p.select(1, 5), data.features.to(torch::kDouble), p.narrow(1, 0, 5).t());
  const Tensor value =
      torch::cross_entropy_loss(logits, data.labels) + 0.005 * p.narrow(1, 0, 5).square().sum();
  value.backward();
  const Valued ours = evaluate(problem, p.detach(), torch::kDouble);
  EXPECT_NEAR(ours.value, value.item<double>(), 1e-12);
  EXPECT_TRUE(torch::allclose(ours.gradient, p.grad(), 1e-10, 1e-12));
  const Valued narrow = evaluate(problem, p.detach(), torch::kFloat);
  EXPECT_TRUE(torch::allclose(narrow.gradient, p.grad(), 1e-4, 1e-6));
}

TEST(LogisticObjective, AnyNumberOfThreadsGivesTheSameBits) {
  const Labelled data = clusters(5000, 4, {40}, 1);
  LogisticProblem problem{
      .x = data.features, .targets = data.labels, .classes = 4, .penalty = 0.01};
  const Tensor p = torch::randn({4, 41}, torch::kDouble);
  problem.threads = 1;
  const Valued one = evaluate(problem, p, torch::kFloat);
  problem.threads = 3;
  const Valued three = evaluate(problem, p, torch::kFloat);
  EXPECT_EQ(one.value, three.value);
  EXPECT_TRUE(torch::equal(one.gradient, three.gradient));
}

TEST(Logistic, TheGradientVanishesAtTheFitForEveryC) {
  const Labelled data = clusters(300, 4, {6}, 1);
  for (const double c : {1e-4, 1.0, 1e4}) {
    const LogisticModel model = fit_logistic(data, 4, c, {.tolerance = 1e-9});
    EXPECT_TRUE(model.converged) << c;
    EXPECT_LT(steepest(model, data), 1e-8) << c;
    EXPECT_NEAR(model.bias.sum().item<double>(), 0, 1e-9);
    EXPECT_NEAR(model.objective, logistic_objective(model, data), 1e-7 * model.objective);
  }
}

TEST(Logistic, AFitThatStartsOnAPartOfManyRowsEndsOnAllOfThem) {
  const Labelled data = clusters(40000, 3, {4}, 1);
  const LogisticModel model = fit_logistic(data, 3, 1.0);
  EXPECT_TRUE(model.converged);
  EXPECT_LT(steepest(model, data), 2e-6);
}

TEST(Logistic, SeparableRowsAndManyClassesConverge) {
  torch::manual_seed(3);
  const Labelled data{.features = torch::eye(50), .labels = torch::arange(50)};
  const LogisticModel model = fit_logistic(data, 50, 10.0, {.tolerance = 1e-8});
  EXPECT_TRUE(model.converged);
  EXPECT_EQ(top1(logistic_logits(model, data.features), data.labels), 1.0);
}

TEST(Logistic, TheChoiceOfCIsTheFirstBestOnHeldOutRows) {
  const Labelled data = clusters(200, 3, {6}, 1), judge = clusters(100, 3, {6}, 2);
  const LogisticOptions options{.first_power = -4, .last_power = 2, .powers = 7};
  const LogisticChoice choice = select_logistic(data, judge, 3, options);
  ASSERT_EQ(choice.c.size(), 7);
  EXPECT_NEAR(choice.c.front(), 1e-4, 1e-12);
  EXPECT_NEAR(choice.c.back(), 1e2, 1e-9);
  for (size_t i = 0; i < choice.best; ++i) EXPECT_LT(choice.top1[i], choice.top1[choice.best]);
  for (const double accuracy : choice.top1) EXPECT_LE(accuracy, choice.top1[choice.best]);
  // The model has seen both parts.
  const Labelled both{.features = torch::cat({data.features, judge.features}),
                      .labels = torch::cat({data.labels, judge.labels})};
  EXPECT_LT(steepest(choice.model, both), 2e-6);
  EXPECT_GT(select_logistic(data, {}, 3, options).top1[0], 0.2);  // a tenth is held out
}

TEST(Logistic, WhatCannotBeFittedIsNamed) {
  Labelled data = clusters(50, 2, {6}, 1);
  data.features[7][0] = INFINITY;
  EXPECT_NE(refusal([&] { fit_logistic(data, 2, 1); }).find("row 7"), std::string::npos);
  EXPECT_THROW(fit_logistic(clusters(50, 2, {6}, 1), 2, 0), Error);
}

}  // namespace
}  // namespace troodon::heads
