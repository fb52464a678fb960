#include "base/config.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon {
namespace {

struct Inner {
  double base_lr = 2e-4;
  std::vector<double> scale = {0.32, 1.0};
  void fields(auto& f) { f("base_lr", base_lr), f("scale", scale); }
};
struct Outer {
  std::string arch = "vit_small";
  int64_t batch = 64;
  bool flip = true;
  Inner optim;
  void fields(auto& f) { f("arch", arch), f("batch", batch), f("flip", flip), f("optim", optim); }
};

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Config, YamlSetsWhatItNamesAndLeavesTheRest) {
  Outer config;
  auto settings = settings_of(config);
  apply_yaml_text(
      settings, "arch: vit_large\noptim:\n  base_lr: 4.0e-03\n  scale: [0.1, 2]\n", "test.yaml");
  EXPECT_EQ(config.arch, "vit_large");
  EXPECT_DOUBLE_EQ(config.optim.base_lr, 4e-3);
  EXPECT_EQ(config.optim.scale, (std::vector<double>{0.1, 2}));
  EXPECT_EQ(config.batch, 64);
}

TEST(Config, UnknownKeyNamesLineAndNearestKey) {
  Outer config;
  auto settings = settings_of(config);
  const auto message =
      message_of([&] { apply_yaml_text(settings, "arch: a\noptim:\n  base_rl: 1\n", "x.yaml"); });
  EXPECT_NE(message.find("x.yaml, line 3"), std::string::npos) << message;
  EXPECT_NE(message.find("optim.base_lr"), std::string::npos) << message;
}

TEST(Config, EachValueRemembersWhoGaveIt) {
  Outer config;
  auto settings = settings_of(config);
  apply_yaml_text(settings, "batch: 32\narch: a\n", "x.yaml");
  apply_override(settings, "arch=b");
  EXPECT_EQ(settings[0].origin, "command line");
  EXPECT_EQ(settings[1].origin, "x.yaml, line 1");
  EXPECT_EQ(settings[2].origin, "default");
}

TEST(Config, WrongTypesAreErrors) {
  Outer config;
  auto settings = settings_of(config);
  EXPECT_THROW(apply_override(settings, "batch=1.5"), Error);
  EXPECT_THROW(apply_override(settings, "batch=many"), Error);
  EXPECT_THROW(apply_override(settings, "flip=7up"), Error);
  EXPECT_THROW(apply_override(settings, "optim.scale=3"), Error);
  EXPECT_THROW(apply_override(settings, "batch"), Error);
}

TEST(Config, WhatIsWrittenReadsBackTheSame) {
  Outer config;
  config.arch = "odd: \"name\"";
  config.optim.base_lr = 0.1 + 0.2;
  auto settings = settings_of(config);
  Outer copy;
  auto copied = settings_of(copy);
  apply_yaml_text(copied, to_yaml(settings), "copy");
  EXPECT_EQ(copy.arch, config.arch);
  EXPECT_EQ(copy.optim.base_lr, config.optim.base_lr);
  EXPECT_EQ(copy.flip, config.flip);
}

TEST(Config, HydraMarksAndNegativeNumbersAreAccepted) {
  Outer config;
  auto settings = settings_of(config);
  apply_override(settings, "++optim.base_lr=-1e-3");
  EXPECT_DOUBLE_EQ(config.optim.base_lr, -1e-3);
}

TEST(Config, AMapThatHoldsItselfIsAnError) {
  Outer config;
  auto settings = settings_of(config);
  EXPECT_THROW(apply_yaml_text(settings, "optim: &a {optim: *a}\n", "test"), Error);
}

}  // namespace
}  // namespace troodon
