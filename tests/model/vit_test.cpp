#include "model/vit.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "model/arch.hpp"

namespace troodon::model {
namespace {

VitConfig small_config() {
  VitConfig config = arch_config("vit_32x2x2", 4);
  config.img_size = 16;
  config.init_values = 0.5;
  return config;
}

TEST(VisionTransformer, GivesOneTokenPerPatchPlusClassAndRegisters) {
  VitConfig config = small_config();
  config.num_register_tokens = 3;
  const VitFeatures out = VisionTransformer(config)->forward_features(torch::rand({2, 3, 8, 12}));
  EXPECT_EQ(out.x_norm_clstoken.sizes(), (std::vector<int64_t>{2, 32}));
  EXPECT_EQ(out.x_norm_regtokens.sizes(), (std::vector<int64_t>{2, 3, 32}));
  EXPECT_EQ(out.x_norm_patchtokens.sizes(), (std::vector<int64_t>{2, 6, 32}));
  EXPECT_EQ(out.x_prenorm.sizes(), (std::vector<int64_t>{2, 10, 32}));
}

TEST(VisionTransformer, RefusesASizeThatIsNoMultipleOfThePatch) {
  VisionTransformer vit(small_config());
  EXPECT_THROW(vit->forward(torch::rand({1, 3, 16, 18})), Error);
  EXPECT_THROW(vit->forward(torch::rand({1, 4, 16, 16})), Error);
}

TEST(VisionTransformer, RefusesMasksOfAnotherGrid) {
  VisionTransformer vit(small_config());
  const Tensor masks = torch::zeros({1, 15}, torch::kBool);
  EXPECT_THROW(vit->forward_features(torch::rand({1, 3, 16, 16}), masks), Error);
}

TEST(VisionTransformer, MaskedPatchesHideTheirPixels) {
  VisionTransformer vit(small_config());
  vit->eval();
  Tensor a = torch::rand({1, 3, 16, 16}), b = a.clone();
  b.slice(2, 0, 4).slice(3, 0, 4).fill_(7);  // patch 0
  Tensor masks = torch::zeros({1, 16}, torch::kBool);
  EXPECT_FALSE(torch::equal(vit->forward(a), vit->forward(b)));
  masks[0][0] = true;
  EXPECT_TRUE(torch::equal(vit->forward_features(a, masks).x_norm_clstoken,
                           vit->forward_features(b, masks).x_norm_clstoken));
}

TEST(VisionTransformer, SelectedTokensEqualThoseOfTheWholePass) {
  for (const double drop : {0.0, 0.4}) {
    VitConfig config = small_config();
    config.num_register_tokens = 2;
    config.drop_path_rate = drop;
    config.drop_path_uniform = true;
    VisionTransformer vit(config);
    vit->train();
    vit->permutation = [](int64_t n) { return torch::arange(n).flip(0); };
    const std::vector<Tensor> crops = {torch::rand({4, 3, 16, 16}), torch::rand({2, 3, 8, 8})};
    const Tensor masks = torch::rand({4, 16}) < 0.4;
    const Tensor wanted = masks.flatten().nonzero().flatten();
    const auto whole = vit->forward_features(crops, {masks, Tensor()});
    const auto some = vit->forward_selected(crops, {masks, Tensor()}, {wanted, Tensor()});
    const Tensor patches = whole[0].x_norm_patchtokens.flatten(0, 1).index_select(0, wanted);
    // The same sums in products of other shapes: rounding alone may differ.
    EXPECT_TRUE(torch::allclose(some[0].cls, whole[0].x_norm_clstoken, 1e-5, 1e-5)) << drop;
    EXPECT_TRUE(torch::allclose(some[0].patches, patches, 1e-5, 1e-5)) << drop;
    EXPECT_TRUE(torch::allclose(some[1].cls, whole[1].x_norm_clstoken, 1e-5, 1e-5)) << drop;
    EXPECT_EQ(some[1].patches.size(0), 0);
  }
}

TEST(VisionTransformer, AttentionWeightsSumToOne) {
  VisionTransformer vit(small_config());
  const Tensor map = vit->attention_map(torch::rand({2, 3, 16, 16}));
  EXPECT_EQ(map.sizes(), (std::vector<int64_t>{2, 2, 17, 17}));
  EXPECT_TRUE(torch::allclose(map.sum(-1), torch::ones({2, 2, 17})));
  EXPECT_THROW(vit->attention_map(torch::rand({1, 3, 16, 16}), 2), Error);
}

TEST(VisionTransformer, IntermediateLayersAscendWhateverTheOrderAsked) {
  VisionTransformer vit(small_config());
  vit->eval();
  const Tensor x = torch::rand({1, 3, 16, 16});
  const auto asked = vit->get_intermediate_layers(x, {.blocks = {1, 0}});
  const auto last = vit->get_intermediate_layers(x, 2);
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_TRUE(torch::equal(asked[0].patches, last[0].patches));
  EXPECT_TRUE(torch::equal(asked[1].cls_token, vit->forward(x)));
  EXPECT_THROW(vit->get_intermediate_layers(x, {.blocks = {0, 0}}), Error);
  EXPECT_THROW(vit->get_intermediate_layers(x, {.blocks = {2}}), Error);
  EXPECT_THROW(vit->get_intermediate_layers(x, 3), Error);
}

TEST(VisionTransformer, SubsetDropPathLeavesUnchosenSamplesUntouched) {
  VitConfig config = small_config();
  config.depth = 1;
  config.drop_path_rate = 0.5;
  config.drop_path_uniform = true;
  VisionTransformer vit(config);
  vit->permutation = [](int64_t n) { return torch::arange(n); };  // always keeps the first half
  const Tensor x = torch::rand({4, 3, 16, 16});
  const Tensor before = vit->prepare_tokens(x), after = vit->forward_features(x).x_prenorm;
  EXPECT_TRUE(torch::equal(before.slice(0, 2), after.slice(0, 2)));
  EXPECT_FALSE(torch::equal(before[0], after[0]));
  EXPECT_FALSE(torch::equal(before[1], after[1]));
}

TEST(VisionTransformer, SmallDropPathKeepsTheExpectation) {
  VitConfig config = small_config();
  config.depth = 1;
  config.drop_path_rate = 0.1;
  config.drop_path_uniform = true;
  VisionTransformer vit(config);
  torch::manual_seed(3);
  const torch::NoGradGuard frozen;
  const Tensor x = torch::rand({1, 3, 16, 16}).expand({4096, 3, 16, 16});
  const Tensor moved = vit->forward_features(x).x_prenorm.slice(0, 0, 4096);
  const double untouched =
      (moved == vit->prepare_tokens(x)).flatten(1).all(1).to(torch::kFloat).mean().item<double>();
  EXPECT_NEAR(untouched, 0.01, 0.008);  // both branches dropped: 0.1 * 0.1
}

TEST(VisionTransformer, ForwardIsTheSameTwice) {
  VisionTransformer vit(small_config());
  vit->eval();
  const Tensor x = torch::rand({3, 3, 16, 16});
  EXPECT_TRUE(torch::equal(vit->forward(x), vit->forward(x)));
}

TEST(VisionTransformer, RefusesImpossibleConfigs) {
  VitConfig config = small_config();
  config.img_size = 18;
  EXPECT_THROW(VisionTransformer{config}, Error);
  config = small_config();
  config.num_heads = 5;
  EXPECT_THROW(VisionTransformer{config}, Error);
  config = small_config();
  config.ffn_layer = "swish";
  EXPECT_THROW(VisionTransformer{config}, Error);
}

TEST(ArchConfig, KnowsTheOfficialSizesAndTheFreeForm) {
  const VitConfig giant = arch_config("vit_giant2_memeff", 14);
  EXPECT_EQ(giant.embed_dim, 1536);
  EXPECT_EQ(giant.depth, 40);
  EXPECT_EQ(giant.num_heads, 24);
  EXPECT_EQ(giant.patch_size, 14);
  EXPECT_EQ(arch_config("vit_192x6x3", 8), arch_config("vit_micro", 8));
  for (const char* wrong : {"vit_smal", "vit_192x6", "vit_192x6x3x1", "vit_0x6x3", "192x6x3", ""}) {
    EXPECT_THROW(arch_config(wrong, 14), Error) << wrong;
  }
}

TEST(ArchConfig, OfficialSmallHasTheOfficialNumberOfParameters) {
  VitConfig config = arch_config("vit_small", 14);
  config.img_size = 518;
  config.init_values = 1;
  int64_t count = 0;
  for (const Tensor& p : VisionTransformer(config, Init::none)->parameters()) count += p.numel();
  EXPECT_EQ(count, 22056576);  // spec dinov2.md 1.1
}

TEST(ArchConfig, JsonGivesTheSameConfigBack) {
  VitConfig config = small_config();
  config.interpolate_antialias = true;
  config.ffn_layer = "swiglufused";
  EXPECT_EQ(config_from_json(to_json(config)), config);
  EXPECT_THROW(config_from_json("{\"depth\": \"x\"}"), Error);
  EXPECT_THROW(config_from_json("{"), Error);
}

TEST(FitToPatch, CropsAndPadsAboutTheCentre) {
  EXPECT_EQ(floor_to_patch(27, 14), 14);
  EXPECT_EQ(floor_to_patch(3, 14), 14);
  EXPECT_EQ(ceil_to_patch(29, 14), 42);
  EXPECT_EQ(round_to_patch(35, 14), 42);
  const Tensor x = torch::arange(7).to(torch::kFloat).expand({1, 1, 7, 7});
  EXPECT_EQ(crop_to_patch(x, 4).sizes(), (std::vector<int64_t>{1, 1, 4, 4}));
  EXPECT_EQ(crop_to_patch(x, 4)[0][0][0][0].item<float>(), 1);
  const Tensor padded = pad_to_patch(x + 1, 4);
  EXPECT_EQ(padded.sizes(), (std::vector<int64_t>{1, 1, 8, 8}));
  EXPECT_EQ(padded[0][0][0][0].item<float>(), 1);  // of one extra pixel, none goes left
  EXPECT_EQ(padded[0][0][0][7].item<float>(), 0);
}

}  // namespace
}  // namespace troodon::model
