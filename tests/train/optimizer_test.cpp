#include "train/optimizer.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::train {
namespace {

const Rates kRates{.lr = 1e-2, .last_layer_lr = 0, .weight_decay = 0.1};

/// Adam's published update, element by element in float64.
struct PlainAdamW {
  double value, mean = 0, square = 0;
  void step(double gradient, int t) {
    value -= kRates.lr * kRates.weight_decay * value;
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.999 * square + 0.001 * gradient * gradient;
    const double m = mean / (1 - std::pow(0.9, t)), v = square / (1 - std::pow(0.999, t));
    value -= kRates.lr * m / (std::sqrt(v) + 1e-8);
  }
};

AdamW adamw_of(const Tensor& param, const std::string& name = "w") {
  return {param_groups({{name, param}}, {}), 0.9, 0.999};
}

TEST(AdamW, FollowsThePublishedUpdateForTwentySteps) {
  Tensor param = torch::tensor({1.0, -2.0}, torch::kDouble);
  AdamW optimizer = adamw_of(param);
  std::vector<PlainAdamW> plain{{1.0}, {-2.0}};
  for (int t = 1; t <= 20; ++t) {
    param.mutable_grad() = torch::tensor({std::sin(t), std::cos(2.0 * t)}, torch::kDouble);
    optimizer.step(kRates);
    plain[0].step(std::sin(t), t), plain[1].step(std::cos(2.0 * t), t);
  }
  EXPECT_NEAR(param[0].item<double>(), plain[0].value, 1e-6);
  EXPECT_NEAR(param[1].item<double>(), plain[1].value, 1e-6);
}

TEST(AdamW, WithSavedStateGoesOnExactly) {
  torch::manual_seed(6);
  const Tensor first = torch::randn({5}), gradient = torch::randn({5});
  const Tensor a = first.clone(), b = first.clone();
  AdamW whole = adamw_of(a), before = adamw_of(b);
  for (int i = 0; i < 3; ++i) a.mutable_grad() = gradient * (i + 1), whole.step(kRates);
  for (int i = 0; i < 2; ++i) b.mutable_grad() = gradient * (i + 1), before.step(kRates);
  AdamW after = adamw_of(b);
  after.load_state(before.state());
  b.mutable_grad() = gradient * 3;
  after.step(kRates);
  EXPECT_TRUE(a.equal(b));
}

TEST(AdamW, RefusesTheStateOfAnotherNetwork) {
  AdamW optimizer = adamw_of(torch::ones({2}));
  EXPECT_THROW(optimizer.load_state({}), Error);
  EXPECT_THROW(optimizer.load_state(adamw_of(torch::ones({3})).state()), Error);
}

TEST(AdamW, AFrozenLastLayerKeepsItsWeightsButGathersMoments) {
  const Tensor param = torch::ones({2});
  AdamW optimizer = adamw_of(param, "last_layer.weight_g");
  param.mutable_grad() = torch::ones({2});
  optimizer.step(kRates);
  EXPECT_TRUE(param.equal(torch::ones({2})));
  EXPECT_GT(optimizer.state()[0].second.abs().sum().item<double>(), 0);
}

TEST(AdamW, LeavesParametersWithoutGradientAlone) {
  const Tensor param = torch::ones({2});
  AdamW optimizer = adamw_of(param);
  optimizer.step(kRates);
  EXPECT_TRUE(param.equal(torch::ones({2})));
}

TEST(ParamRule, ReadsFlatAndChunkedBlockNumbersAlike) {
  const RuleConfig rules{.depth = 12, .layerwise_decay = 0.9};
  EXPECT_EQ(param_rule("blocks.7.mlp.fc1.weight", rules),
            param_rule("blocks.1.7.mlp.fc1.weight", rules));
  EXPECT_NEAR(param_rule("blocks.11.mlp.fc1.weight", rules).lr_multiplier, 0.9, 1e-12);
}

TEST(ParamRule, DecaysTokensAndPrototypesButNoNormsBiasesOrGammas) {
  const RuleConfig rules{.depth = 2, .layerwise_decay = 0.9};
  for (const char* name :
       {"cls_token", "pos_embed", "last_layer.weight_g", "blocks.0.attn.qkv.weight"}) {
    EXPECT_EQ(param_rule(name, rules).wd_multiplier, 1) << name;
  }
  for (const char* name : {"norm.weight", "blocks.0.ls1.gamma", "patch_embed.proj.bias"}) {
    EXPECT_EQ(param_rule(name, rules).wd_multiplier, 0) << name;
  }
}

TEST(AdamW, MultipliesGradientsByTheirPartsFactorAndKeepsAverages) {
  Tensor param = torch::ones({2}), average = torch::zeros({2});
  auto groups = param_groups({{"w", param}}, {});
  groups[0].part = "head", groups[0].averages = {average};
  AdamW optimizer(std::move(groups), 0.9, 0.999);
  param.mutable_grad() = torch::full({2}, 4.0);
  Rates rates = kRates;
  rates.momentum = 0.75;
  optimizer.step(rates, {{"head", 0.5}, {"backbone", 9}});
  EXPECT_TRUE(optimizer.state()[0].second.allclose(torch::full({2}, 0.1 * 4 * 0.5)));
  EXPECT_TRUE(average.allclose(0.25 * param));
  EXPECT_FALSE(param.equal(torch::ones({2})));
  optimizer.average(0.5);
  EXPECT_TRUE(average.allclose((0.125 + 0.5) * param));
}

TEST(ClipFactor, ShortensOnlyWhatIsTooLong) {
  const Tensor a = torch::zeros({1}), b = torch::zeros({1});
  a.mutable_grad() = torch::full({1}, 3.0), b.mutable_grad() = torch::full({1}, 4.0);
  EXPECT_NEAR(gradient_norm({a, b}), 5, 1e-6);
  EXPECT_EQ(clip_factor(5, 10), 1);
  EXPECT_NEAR(clip_factor(5, 1), 0.2, 1e-6);
  EXPECT_EQ(clip_factor(5, 0), 1);
}

}  // namespace
}  // namespace troodon::train
