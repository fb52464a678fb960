#include "train/config.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::train {
namespace {

/// The message of the Error that validate() throws; "" without one.
std::string complaint(const std::vector<std::string>& overrides) {
  try {
    load_config({}, overrides);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::config);
    return error.what();
  }
}

fs::path config_file(const std::string& name) {
  const char* source = std::getenv("TROODON_SOURCE");
  return fs::path(source ? source : ".") / "configs" / name;
}

TEST(TrainConfig, DefaultsAreValidAndEqualTheDefaultFile) {
  TrainConfig plain = load_config({}), from_file = load_config({config_file("ssl_default.yaml")});
  EXPECT_EQ(to_yaml(settings_of(plain)), to_yaml(settings_of(from_file)));
}

TEST(TrainConfig, ReadsBackWhatItWrites) {
  TrainConfig config =
                  load_config({}, {"optim.base_lr=3e-4", "ibot.mask_ratio_min_max=[0.2, 0.4]"}),
              again;
  auto settings = settings_of(again);
  apply_yaml_text(settings, to_yaml(settings_of(config)), "test");
  EXPECT_EQ(again.optim.base_lr, 3e-4);
  EXPECT_EQ(again.ibot.mask_ratio_min_max, (std::vector<double>{0.2, 0.4}));
}

TEST(TrainConfig, ShippedFilesLoadWithTheirKnownValues) {
  const TrainConfig large = load_config({config_file("train/vitl14.yaml")});
  EXPECT_EQ(large.total_steps(), 625000);
  EXPECT_TRUE(large.sinkhorn());
  EXPECT_EQ(large.dino_head().out_dim, 131072);
  const TrainConfig giant = load_config({config_file("train/vitg14.yaml")});
  EXPECT_EQ(giant.student_vit().embed_dim, 1536);
  EXPECT_NEAR(giant.peak_lr(256), 2e-4 * std::sqrt(3.0), 1e-12);
  EXPECT_EQ(load_config({config_file("train/vitl16_short.yaml")}).total_steps(), 125000);
  for (const std::string size : {"s", "b", "l", "g"}) {
    const auto file = [&](const char* kind) {
      return config_file("eval/vit" + size + "14" + kind + "_pretrain.yaml");
    };
    EXPECT_EQ(load_config({file("")}).teacher_vit().num_register_tokens, 0) << size;
    EXPECT_EQ(load_config({file("_reg4")}).teacher_vit().num_register_tokens, 4) << size;
  }
}

TEST(TrainConfig, TheTeacherHasNoDropPath) {
  const TrainConfig config = load_config({});
  EXPECT_EQ(config.student_vit().drop_path_rate, 0.3);
  EXPECT_EQ(config.teacher_vit().drop_path_rate, 0);
}

TEST(TrainConfig, NamesABatchOfOneWithKoleo) {
  EXPECT_NE(complaint({"train.batch_size_per_gpu=1"}).find("KoLeo"), std::string::npos);
  EXPECT_EQ(complaint({"train.batch_size_per_gpu=1", "dino.koleo_loss_weight=0"}), "");
}

TEST(TrainConfig, ProposesACropSizeThatFitsThePatch) {
  const std::string text = complaint({"crops.local_crops_size=100"});
  EXPECT_NE(text.find("crops.local_crops_size"), std::string::npos);
  EXPECT_NE(text.find("96 or 112"), std::string::npos) << text;
}

TEST(TrainConfig, AllowsNoLocalCrops) {
  EXPECT_EQ(complaint({"crops.local_crops_number=0"}), "");
}

TEST(TrainConfig, RefusesWordsItDoesNotKnow) {
  EXPECT_NE(complaint({"train.centering=mean"}).find("sinkhorn_knopp"), std::string::npos);
  EXPECT_NE(complaint({"student.arch=vit_colossal"}).find("vit_large"), std::string::npos);
  EXPECT_NE(complaint({"troodon.precision=fp8"}).find("bf16"), std::string::npos);
}

}  // namespace
}  // namespace troodon::train
