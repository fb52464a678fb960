#include "zoo/names.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace troodon::zoo {
namespace {

TEST(ReleasedNames, EveryDialectLeadsToTheSameFile) {
  for (const char* name : {"vits14_reg",
                           "vits14_reg4",
                           "dinov2_vits14_reg",
                           "dinov2_vits14_reg4",
                           "dinov2_vits14_reg4_pretrain",
                           "dinov2_vits14_reg4_pretrain.pth",
                           "facebook/dinov2-with-registers-small",
                           "vit_small_patch14_reg4_dinov2",
                           "vit_small_patch14_reg4_dinov2.lvd142m",
                           "timm/vit_small_patch14_reg4_dinov2.lvd142m"}) {
    const auto model = released(name);
    ASSERT_TRUE(model) << name;
    EXPECT_EQ(model->files[0].name, "dinov2_vits14_reg4_pretrain.pth") << name;
    EXPECT_EQ(model->files[0].folder, "dinov2_vits14") << name;
  }
}

TEST(ReleasedNames, SizesFollowFromThePublishedNumbersOfParameters) {
  const std::map<std::string, int64_t> parameters = {{"vits14", 22'056'576},
                                                     {"vitb14", 86'580'480},
                                                     {"vitl14", 304'368'640},
                                                     {"vitg14", 1'136'480'768},
                                                     {"vitg14_reg", 1'136'480'768 + 4 * 1536}};
  for (const auto& [name, count] : parameters) {
    EXPECT_EQ(released(name)->files[0].tensor_bytes, 4 * count) << name;
  }
}

TEST(ReleasedNames, LinearClassifiersBringTheirBackbone) {
  const auto four = released("dinov2_vitg14_reg_lc"), one = released("dinov2_vitb14_lc1");
  ASSERT_TRUE(four && one);
  ASSERT_EQ(four->files.size(), 2U);
  EXPECT_EQ(four->files[1].name, "dinov2_vitg14_reg4_linear4_head.pth");
  EXPECT_EQ(one->files[1].name, "dinov2_vitb14_linear_head.pth");
  EXPECT_EQ(one->files[1].tensor_bytes, 4 * 1000 * (2 * 768 + 1));
  EXPECT_EQ(released("facebook/dinov2-base-imagenet1k-1-layer")->name, "dinov2_vitb14_lc1");
  EXPECT_EQ(released("dinov2_vitb14_linear_head.pth")->files.size(), 1U);
}

TEST(ReleasedNames, NoNameHasTwoMeanings) {
  auto names = released_names();
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  for (const std::string& name : names) EXPECT_TRUE(released(name)) << name;
  EXPECT_FALSE(released("vitx14"));
  EXPECT_FALSE(released(""));
}

TEST(ReleasedNames, HeadsForMasksAndDepthGoByTheirFiles) {
  const auto dpt = released("dinov2_vits14_nyu_dpt_head");
  ASSERT_TRUE(dpt);
  ASSERT_EQ(dpt->files.size(), 1U);
  EXPECT_EQ(dpt->files[0].folder + "/" + dpt->files[0].name,
            "dinov2_vits14/dinov2_vits14_nyu_dpt_head.pth");
  EXPECT_NEAR(dpt->files[0].tensor_bytes, 56e6, 6e6) << "14 million weights";
  const auto masks = released("dinov2_vitg14_ade20k_ms_head.pth");
  ASSERT_TRUE(masks);
  EXPECT_EQ(masks->files[0].tensor_bytes, 4 * (4 * 1536 * 154 + 150 + 2));
  EXPECT_EQ(released("dinov2_vitb14_kitti_linear4_head")->files[0].tensor_bytes,
            4 * 256 * (8 * 768 + 1));
  EXPECT_TRUE(released("dinov2_vitl14_voc2012_linear_head"));
  EXPECT_FALSE(released("dinov2_vits14_reg4_nyu_dpt_head")) << "none for registers";
}

}  // namespace
}  // namespace troodon::zoo
