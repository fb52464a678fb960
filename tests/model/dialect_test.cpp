#include "model/dialect.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "model/arch.hpp"
#include "model/hf_folder.hpp"
#include "model/scratch.hpp"

namespace troodon::model {
namespace {

/// One network of each released kind, small: plain, with registers, with SwiGLU.
VitConfig kind(const std::string& name) {
  VitConfig config = arch_config("vit_32x2x2", 4);
  config.img_size = 16;
  config.init_values = 1;
  if (name == "swiglu") config.ffn_layer = "swiglufused";
  if (name == "registers") {
    config.num_register_tokens = 3;
    config.interpolate_antialias = true;
    config.interpolate_offset = 0;
  }
  return config;
}

VisionTransformer random_network(const VitConfig& config) {
  torch::manual_seed(1);
  VisionTransformer network(config);
  const torch::NoGradGuard frozen;
  for (Tensor& parameter : network->parameters()) parameter.normal_(0, 0.2);
  network->eval();
  return network;
}

class DialectTest : public testing::TestWithParam<std::string> {};

TEST_P(DialectTest, ThereAndBackIsTheSameNetwork) {
  const VitConfig config = kind(GetParam());
  VisionTransformer network = random_network(config), again(config, Init::none);
  again->eval();
  const StateDict official = state_of(*network);
  const Tensor pictures = torch::randn({2, 3, 16, 24});
  const torch::NoGradGuard frozen;
  for (const Dialect dialect : {Dialect::official, Dialect::hugging_face, Dialect::timm}) {
    const StateDict theirs = in_dialect(official, dialect);
    EXPECT_EQ(dialect_of(theirs), dialect);
    load_state(*again, to_official(theirs), name_of(dialect));
    const double apart =
        (again->forward(pictures) - network->forward(pictures)).abs().max().item<double>();
    EXPECT_LT(apart, 1e-5) << name_of(dialect);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DialectTest, testing::Values("plain", "registers", "swiglu"));

TEST(Dialect, HuggingFaceSplitsTheAttentionOnly) {
  const StateDict theirs =
      in_dialect(state_of(*random_network(kind("swiglu"))), Dialect::hugging_face);
  ASSERT_NE(theirs.find("encoder.layer.1.attention.attention.value.bias"), nullptr);
  EXPECT_EQ(theirs.find("encoder.layer.1.attention.attention.value.bias")->size(0), 32);
  EXPECT_NE(theirs.find("encoder.layer.0.mlp.weights_in.weight"), nullptr);
  EXPECT_NE(theirs.find("embeddings.patch_embeddings.projection.weight"), nullptr);
  EXPECT_NE(theirs.find("layernorm.bias"), nullptr);
}

TEST(Dialect, NewerHuggingFaceNamesAndClassifiersAreRead) {
  StateDict theirs;
  const auto add = [&](const std::string& name, float value) {
    theirs.tensors.emplace_back("dinov2." + name, torch::full({2, 2}, value));
  };
  add("embeddings.patch_embeddings.projection.weight", 9);
  add("encoder.layer.0.attention.v_proj.weight", 3);
  add("encoder.layer.0.attention.q_proj.weight", 1);
  add("encoder.layer.0.attention.k_proj.weight", 2);
  add("encoder.layer.0.mlp.up_proj.weight", 5);
  add("encoder.layer.0.mlp.gate_proj.weight", 4);
  theirs.tensors.emplace_back("classifier.weight", torch::zeros({3, 4}));
  const StateDict official = to_official(theirs);
  ASSERT_EQ(official.tensors.size(), 3U);
  EXPECT_TRUE(torch::equal(official.find("blocks.0.attn.qkv.weight")->select(1, 0),
                           torch::tensor({1.F, 1.F, 2.F, 2.F, 3.F, 3.F})));
  EXPECT_TRUE(torch::equal(official.find("blocks.0.mlp.w12.weight")->select(1, 0),
                           torch::tensor({4.F, 4.F, 5.F, 5.F})));
}

TEST(Dialect, MissingPartsAreNamed) {
  StateDict theirs;
  theirs.tensors.emplace_back("embeddings.patch_embeddings.projection.bias", torch::zeros({2}));
  theirs.tensors.emplace_back("encoder.layer.0.attention.attention.key.bias", torch::zeros({2}));
  try {
    to_official(theirs);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("blocks.0.attn.qkv.bias"), std::string::npos);
  }
}

TEST(HfFolder, KeepsTheWholeConfig) {
  const Scratch scratch;
  for (const char* name : {"plain", "registers", "swiglu"}) {
    VitConfig config = kind(name);
    config.num_heads = 4;  // not what the width would tell
    const fs::path folder = scratch.path / name;
    VisionTransformer network = random_network(config);
    write_hf_folder(folder, state_of(*network), {.config = config});
    EXPECT_TRUE(is_hf_folder(folder));
    Backbone loaded = load_backbone(folder);
    EXPECT_EQ(to_json(loaded.config), to_json(config));
    const Tensor pictures = torch::randn({1, 3, 16, 16});
    EXPECT_TRUE(torch::equal(loaded.network->forward(pictures), network->forward(pictures)));
  }
}

TEST(HfFolder, KeepsAClassifierAndTheSizeOfPictures) {
  const Scratch scratch;
  for (const char* name : {"plain", "registers"}) {
    const fs::path folder = scratch.path / (std::string(name) + "_classifier");
    const LinearHead head{.weight = torch::rand({5, 64}), .bias = torch::rand({5}), .layers = 1};
    VisionTransformer network = random_network(kind(name));
    write_hf_folder(
        folder, state_of(*network), {.config = kind(name), .image_size = 24, .head = head});
    EXPECT_TRUE(torch::equal(read_linear_head(folder, 32).weight, head.weight));
    Backbone loaded = load_backbone(folder);
    EXPECT_EQ(loaded.image_size, 24);
    const Tensor pictures = torch::randn({1, 3, 16, 16});
    EXPECT_TRUE(torch::equal(loaded.network->forward(pictures), network->forward(pictures)));
  }
}

TEST(HfFolder, PartsListedInAnIndexAreReadTogether) {
  const Scratch scratch;
  const fs::path folder = scratch.path / "sharded";
  VisionTransformer network = random_network(kind("plain"));
  write_hf_folder(folder, state_of(*network), {.config = kind("plain")});
  StateDict all = read_checkpoint(folder / "model.safetensors"), first, second;
  std::string map;
  for (size_t i = 0; i < all.tensors.size(); ++i) {
    (i < 7 ? first : second).tensors.push_back(all.tensors[i]);
    map +=
        fmt::format("{}\"{}\": \"{}.pt\"", i > 0 ? "," : "", all.tensors[i].first, i < 7 ? 1 : 2);
  }
  write_checkpoint(folder / "1.pt", first);
  write_checkpoint(folder / "2.pt", second);
  fs::remove(folder / "model.safetensors");
  write_atomically(folder / "pytorch_model.bin.index.json", "{\"weight_map\": {" + map + "}}");
  Backbone loaded = load_backbone(folder);
  const Tensor pictures = torch::randn({1, 3, 16, 16});
  EXPECT_TRUE(torch::equal(loaded.network->forward(pictures), network->forward(pictures)));
}

TEST(HfFolder, RefusesWhatTheirNetworkLacks) {
  const Scratch scratch;
  VitConfig config = kind("plain");
  config.init_values = 0;
  EXPECT_THROW(
      write_hf_folder(scratch.path / "a", state_of(*random_network(config)), {.config = config}),
      Error);
  EXPECT_FALSE(fs::exists(scratch.path / "a"));
}

TEST(HfFolder, SaysWhichFileIsBroken) {
  const Scratch scratch;
  write_hf_folder(
      scratch.path / "a", state_of(*random_network(kind("plain"))), {.config = kind("plain")});
  write_atomically(scratch.path / "a/config.json", R"({"hidden_size": "wide"})");
  try {
    load_backbone(scratch.path / "a");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("config.json"), std::string::npos);
  }
}

}  // namespace
}  // namespace troodon::model
