#include "engine/engine.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <torch/types.h>

#include "base/error.hpp"
#include "base/machine.hpp"
#include "engine/openvino_engine.hpp"
#include "engine/torch_engine.hpp"
#include "engine/torch_network.hpp"
#include "model/arch.hpp"

namespace troodon::engine {
namespace {

/// A random network. Its gains, biases and LayerScales differ, so that none can be forgotten.
model::Backbone network(const std::string& arch, int64_t patch, int64_t size, bool swiglu = false) {
  torch::manual_seed(3);
  model::Backbone out;
  out.config = model::arch_config(arch, patch);
  out.config.img_size = size;
  out.config.init_values = 1;
  if (swiglu) out.config.ffn_layer = "swiglufused";
  if (swiglu) out.config.num_register_tokens = 4;
  out.network = model::VisionTransformer(out.config);
  out.network->eval();
  const torch::NoGradGuard frozen;
  for (auto& parameter : out.network->parameters()) {
    parameter.add_(torch::randn_like(parameter) * 0.05).requires_grad_(false);
  }
  return out;
}

std::vector<image::Image> noise(size_t count, int height, int width) {
  std::vector<image::Image> out(count, image::Image(width, height));
  uint32_t seed = 1;
  for (auto& picture : out) {
    // Smooth waves and noise: pictures differ in more than their noise.
    const double wave = 0.05 + 0.3 * (seed % 97) / 97;
    for (size_t i = 0; i < picture.pixels.size(); ++i) {
      seed = seed * 1664525 + 1013904223;
      const double smooth = 128 + 80 * std::sin(wave * static_cast<double>(i / 3 % width));
      picture.pixels[i] = static_cast<uint8_t>(smooth + (seed >> 24) % 40);
    }
  }
  return out;
}

std::vector<float> features(Engine& engine,
                            const std::vector<image::Image>& pictures,
                            size_t item) {
  std::vector<float> out(pictures.size() * item);
  engine.run(pictures, out.data());
  return out;
}

size_t item_of(const model::Backbone& backbone, const EngineOptions& options, int h, int w) {
  const int64_t patch = backbone.config.patch_size;
  size_t size = 1;
  for (const int64_t side :
       item_shape(options, backbone.config.embed_dim, (h / patch) * (w / patch))) {
    size *= static_cast<size_t>(side);
  }
  return size;
}

/// Both engines see the same pictures; per row of the network's width: cosine >= 0.999999, and no
/// number apart by more than 1e-4 of the row's largest (sums in another order).
void expect_same(const model::Backbone& backbone, const EngineOptions& options, int h, int w) {
  const auto pictures = noise(3, h, w);
  const size_t item = item_of(backbone, options, h, w);
  const auto torch = features(*torch_engine(backbone, options), pictures, item);
  const auto openvino = features(*openvino_engine(network_of(backbone), options), pictures, item);
  EXPECT_GE(
      compare_rows(torch, openvino, static_cast<size_t>(backbone.config.embed_dim)).smallest_cosine,
      0.999999);
  float largest = 0, apart = 0;
  for (size_t i = 0; i < torch.size(); ++i) {
    largest = std::max(largest, std::abs(torch[i]));
    apart = std::max(apart, std::abs(torch[i] - openvino[i]));
  }
  EXPECT_LE(apart, 1e-4 * largest);
}

#define SKIP_WITHOUT_OPENVINO() \
  if (!has_openvino()) GTEST_SKIP() << "OpenVINO is not built in"

TEST(OpenVino, GivesWhatLibTorchGivesForEveryOutput) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_32x3x2", 4, 16);
  for (const Output output : {Output::cls, Output::pooled, Output::patches, Output::layers}) {
    SCOPED_TRACE(static_cast<int>(output));
    expect_same(backbone, {.output = output, .layers = 2, .threads = 2}, 16, 16);
  }
}

TEST(OpenVino, GivesWhatLibTorchGivesWithRegistersAndSwiGLU) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_48x3x3", 4, 16, /*swiglu=*/true);
  for (const Output output : {Output::cls, Output::pooled, Output::patches, Output::layers}) {
    SCOPED_TRACE(static_cast<int>(output));
    expect_same(backbone, {.output = output, .layers = 3, .threads = 2}, 20, 36);
  }
}

TEST(OpenVino, GivesWhatLibTorchGivesForVitSmallAndPicturesThatAreNotSquare) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_small", 14, 518);
  expect_same(backbone, {.output = Output::cls, .threads = 2}, 224, 224);
  expect_same(backbone, {.output = Output::patches, .threads = 2}, 112, 196);
}

TEST(OpenVino, AnEngineThatHasSeenOneShapeTakesOthers) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_32x3x2", 4, 16);
  const EngineOptions options{.output = Output::patches, .threads = 2};
  const auto engine = openvino_engine(network_of(backbone), options);
  const auto plain = torch_engine(backbone, options);
  for (const auto& [h, w] : {std::pair{16, 16}, {24, 12}, {8, 40}, {16, 16}, {24, 12}}) {
    const size_t item = item_of(backbone, options, h, w);
    const auto pictures = noise(3, h, w);
    const auto expected = features(*plain, pictures, item);
    EXPECT_GE(compare_rows(expected, features(*engine, pictures, item), 32).smallest_cosine,
              0.999999);
  }
}

TEST(OpenVino, AFeatureDoesNotDependOnThreadsOrBatch) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_32x3x2", 4, 16);
  const auto pictures = noise(5, 16, 16);
  const auto one = features(*openvino_engine(network_of(backbone), {.threads = 1}), pictures, 32);
  const auto two = features(*openvino_engine(network_of(backbone), {.threads = 2}), pictures, 32);
  EXPECT_EQ(one, two);
}

TEST(OpenVino, Int8StaysNearFloat32AndIsRefusedByLibTorch) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_64x3x2", 4, 16);
  for (const bool single : {false, true}) {
    const EngineOptions options{.precision = Precision::int8, .threads = 2, .single = single};
    const auto engine = openvino_engine(network_of(backbone), options);
    const Fidelity fidelity = engine->calibrate(noise(6, 16, 16));
    EXPECT_EQ(fidelity.pictures, 6U);
    EXPECT_GT(fidelity.smallest_cosine, 0.999);  // 8-bit weights: below 1 % a layer
    EXPECT_LT(fidelity.smallest_cosine, 1.0);    // it did round
    EXPECT_THROW(torch_engine(backbone, options), Error);
  }
}

TEST(Engine, Bfloat16StaysNearOrIsRefused) {
  const auto backbone = network("vit_64x3x2", 4, 16);
  const EngineOptions options{.precision = Precision::bf16, .threads = 2};
  if (!this_machine().has_bfloat16()) {
    EXPECT_THROW(torch_engine(backbone, options), Error);
    if (has_openvino()) EXPECT_THROW(openvino_engine(network_of(backbone), options), Error);
    GTEST_SKIP() << "this CPU has no bfloat16 products; saw that they are refused";
  }
  EXPECT_GT(torch_engine(backbone, options)->calibrate(noise(4, 16, 16)).smallest_cosine, 0.99);
}

TEST(CompareRows, KnowsEqualOppositeAndOrthogonalRows) {
  const std::vector<float> a = {1, 0, 2, 2, 0, 3}, b = {2, 0, -1, -1, 5, 0};
  const Fidelity out = compare_rows(a, b, 2);
  EXPECT_EQ(out.pictures, 3U);
  EXPECT_NEAR(out.mean_cosine, 0, 1e-12);  // 1, -1 and 0
  EXPECT_NEAR(out.smallest_cosine, -1, 1e-12);
}

}  // namespace
}  // namespace troodon::engine
