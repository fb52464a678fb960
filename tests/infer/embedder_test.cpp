#include "infer/embedder.hpp"

#include <unistd.h>

#include <gtest/gtest.h>
#include <torch/types.h>

#include "base/error.hpp"
#include "image/colour.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

namespace troodon::infer {
namespace {

/// A random network of patch 4 and 16 pixels on disk.
class EmbedderTest : public ::testing::Test {
 protected:
  fs::path folder_ = fs::temp_directory_path() / ("troodon_embedder_" + std::to_string(::getpid()));
  fs::path model_ = folder_ / "model.safetensors";
  model::VisionTransformer network_{nullptr};

  void SetUp() override {
    model::VitConfig config = model::arch_config("vit_32x3x2", 4);
    config.img_size = 16;
    network_ = model::VisionTransformer(config);
    network_->eval();
    model::write_backbone(model_, network_);
  }
  void TearDown() override { fs::remove_all(folder_); }
};

image::Image noise(int width, int height, uint32_t seed) {
  image::Image out(width, height);
  for (auto& value : out.pixels)
    value = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
  return out;
}

torch::Tensor as_input(const image::Image& picture) {
  torch::Tensor x = torch::empty({1, 3, picture.height, picture.width});
  image::normalize_to(picture, x.data_ptr<float>());
  return x;
}

void expect_equal(const std::vector<float>& actual, const torch::Tensor& expected) {
  ASSERT_EQ(static_cast<int64_t>(actual.size()), expected.numel());
  const torch::Tensor got = torch::tensor(actual).view(expected.sizes());
  EXPECT_TRUE(torch::allclose(got, expected, 1e-5, 1e-5)) << (got - expected).abs().max();
}

TEST_F(EmbedderTest, EachOutputIsWhatTheNetworkGives) {
  const torch::NoGradGuard frozen;
  const std::vector<image::Image> one = {noise(16, 16, 7)};
  const auto features = network_->forward_features(as_input(one[0]));
  expect_equal(Embedder(model_, {.output = Output::cls}).embed(one), features.x_norm_clstoken);
  expect_equal(Embedder(model_, {.output = Output::patches}).embed(one),
               features.x_norm_patchtokens);
  expect_equal(Embedder(model_, {.output = Output::pooled}).embed(one),
               torch::cat({features.x_norm_clstoken, features.x_norm_patchtokens.mean(1)}, 1));
  const auto layers = network_->get_intermediate_layers(as_input(one[0]), 2);
  expect_equal(Embedder(model_, {.output = Output::layers, .layers = 2}).embed(one),
               torch::stack({layers[0].cls_token, layers[1].cls_token}, 1));
}

TEST_F(EmbedderTest, ItemShapeIsTheShapeOfOnePicturesFeatures) {
  using Shape = std::vector<int64_t>;
  EXPECT_EQ(Embedder(model_, {.output = Output::cls}).item_shape(), (Shape{32}));
  EXPECT_EQ(Embedder(model_, {.output = Output::pooled}).item_shape(), (Shape{64}));
  EXPECT_EQ(Embedder(model_, {.size = 24, .output = Output::patches}).item_shape(),
            (Shape{36, 32}));
  EXPECT_EQ(Embedder(model_, {.output = Output::layers, .layers = 3}).item_shape(), (Shape{3, 32}));
}

TEST_F(EmbedderTest, AFeatureDoesNotDependOnItsBatch) {
  Embedder embedder(model_);
  const std::vector<image::Image> batch = {noise(16, 16, 1), noise(16, 16, 2), noise(16, 16, 3)};
  const auto together = embedder.embed(batch);
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto alone = embedder.embed(std::span(batch).subspan(i, 1));
    for (size_t d = 0; d < alone.size(); ++d)
      EXPECT_NEAR(together[i * alone.size() + d], alone[d], 1e-5);
  }
}

TEST_F(EmbedderTest, EveryFitMakesTheNetworksSize) {
  for (const Fit fit : {Fit::crop, Fit::pad, Fit::stretch}) {
    const Embedder embedder(model_, {.fit = fit});
    for (const auto& [w, h] : {std::pair{40, 17}, {3, 90}, {16, 16}, {1, 1}}) {
      const image::Image ready = embedder.prepare(noise(w, h, 4));
      EXPECT_EQ(ready.width, embedder.size());
      EXPECT_EQ(ready.height, embedder.size());
    }
  }
}

TEST_F(EmbedderTest, AConstantPictureStaysConstantUnderCropAndStretch) {
  image::Image grey(50, 31);
  std::fill(grey.pixels.begin(), grey.pixels.end(), 77);
  for (const Fit fit : {Fit::crop, Fit::stretch}) {
    for (const uint8_t value : Embedder(model_, {.fit = fit}).prepare(grey).pixels)
      EXPECT_EQ(value, 77);
  }
}

TEST_F(EmbedderTest, RefusesWhatCannotBe) {
  EXPECT_THROW(Embedder(model_, {.size = 18}), Error);
  EXPECT_THROW(Embedder(model_, {.output = Output::layers, .layers = 4}), Error);
  EXPECT_THROW(Embedder(model_, {.device = "tpu"}), Error);
  EXPECT_THROW(Embedder(folder_ / "nothing.pth"), Error);
  EXPECT_THROW(Embedder{folder_}, Error);  // a folder, but not of a run
}

}  // namespace
}  // namespace troodon::infer
