#include "engine/engine.hpp"

#include "base/error.hpp"
#include "base/machine.hpp"
#include "engine/native_engine.hpp"
#include "engine/networks.hpp"
#include "engine/openvino_engine.hpp"
#include "image/colour.hpp"

namespace troodon::engine {
namespace {

void expect_openvino_like_torch(const model::Backbone& backbone,
                                const EngineOptions& options,
                                int h,
                                int w) {
  expect_like_torch(*openvino_engine(network_of(backbone), options), backbone, options, h, w);
}

#define SKIP_WITHOUT_OPENVINO() \
  if (!has_openvino()) GTEST_SKIP() << "OpenVINO is not built in"

TEST(OpenVino, GivesWhatLibTorchGivesForEveryOutput) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_32x3x2", 4, 16);
  for (const Output output : kOutputs) {
    SCOPED_TRACE(static_cast<int>(output));
    expect_openvino_like_torch(backbone, {.output = output, .layers = 2, .threads = 2}, 16, 16);
  }
}

TEST(OpenVino, GivesWhatLibTorchGivesWithRegistersAndSwiGLU) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_48x3x3", 4, 16, /*swiglu=*/true);
  for (const Output output : kOutputs) {
    SCOPED_TRACE(static_cast<int>(output));
    expect_openvino_like_torch(backbone, {.output = output, .layers = 3, .threads = 2}, 20, 36);
  }
}

TEST(OpenVino, GivesWhatLibTorchGivesForVitSmallAndPicturesThatAreNotSquare) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_small", 14, 518);
  expect_openvino_like_torch(backbone, {.output = Output::cls, .threads = 2}, 224, 224);
  expect_openvino_like_torch(backbone, {.output = Output::patches, .threads = 2}, 112, 196);
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

TEST(OpenVino, PicturesOfSeveralShapesGoTogether) {
  SKIP_WITHOUT_OPENVINO();
  const auto backbone = network("vit_32x3x2", 4, 16);
  for (const bool single : {false, true}) {
    const EngineOptions options{
        .output = Output::blocks, .layers = 2, .threads = 2, .single = single};
    expect_shapes_together(*openvino_engine(network_of(backbone), options), backbone, options);
  }
}

TEST(LibTorch, BlocksAndClsAreBlocksThenTheClassToken) {
  const auto backbone = network("vit_32x3x2", 4, 16);
  const auto pictures = noise(2, 16, 24);
  const auto of = [&](const EngineOptions& options) {
    return features(*torch_engine(backbone, options), pictures, item_of(backbone, options, 16, 24));
  };
  for (const std::vector<int64_t>& chosen : {std::vector<int64_t>{0}, {0, 1}, {1, 2}}) {
    const auto both = of({.output = Output::blocks_and_cls, .blocks = chosen});
    const auto blocks = of({.output = Output::blocks, .blocks = chosen}), cls = of({});
    const size_t size = blocks.size() / 2;
    for (size_t i = 0; i < 2; ++i) {
      for (size_t k = 0; k < size; ++k)
        ASSERT_NEAR(both[i * (size + 32) + k], blocks[i * size + k], 1e-5);
      for (size_t k = 0; k < 32; ++k)
        ASSERT_NEAR(both[i * (size + 32) + size + k], cls[i * 32 + k], 1e-5);
    }
  }
}

TEST(OpenVino, GivesWhatLibTorchGivesForBlocksAndCls) {
  SKIP_WITHOUT_OPENVINO();
  for (const std::vector<int64_t>& chosen : {std::vector<int64_t>{0, 1}, {1, 2}})
    expect_openvino_like_torch(network("vit_48x3x3", 4, 16, /*swiglu=*/true),
                               {.output = Output::blocks_and_cls, .blocks = chosen, .threads = 2},
                               20,
                               36);
}

TEST(LibTorch, PicturesOfSeveralShapesGoTogether) {
  const auto backbone = network("vit_32x3x2", 4, 16);
  const EngineOptions options{.output = Output::patches, .threads = 2};
  expect_shapes_together(*torch_engine(backbone, options), backbone, options);
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

TEST(Engine, ProbeIsTheClassTokensOfLayersAndTheMeanPatchOfPooled) {
  const auto backbone = network("vit_32x3x2", 4, 16);
  const auto pictures = noise(2, 16, 24);
  const auto of = [&](Output output, size_t item) {
    return features(
        *torch_engine(backbone, {.output = output, .layers = 2, .threads = 2}), pictures, item);
  };
  const auto probe = of(Output::probe, 96), layers = of(Output::layers, 64);
  const auto pooled = of(Output::pooled, 64);
  for (size_t i = 0; i < 64; ++i) EXPECT_EQ(probe[96 + i], layers[64 + i]);
  for (size_t i = 0; i < 32; ++i) EXPECT_NEAR(probe[160 + i], pooled[96 + i], 1e-5);
}

TEST(Engine, BlocksAreTheNetworksIntermediateTokensNormedOrNot) {
  auto backbone = network("vit_48x3x3", 4, 16, /*swiglu=*/true);
  const auto pictures = noise(2, 16, 24);
  for (const bool norm : {false, true}) {
    const EngineOptions options{.output = Output::blocks, .blocks = {0, 2}, .norm = norm};
    const size_t token = 48, block = 25 * token, item = 2 * block;
    const auto found = features(*torch_engine(backbone, options), pictures, item);
    const torch::InferenceMode guard;
    torch::Tensor planes = torch::empty({2, 3, 16, 24});
    for (int64_t i = 0; i < 2; ++i)
      image::normalize_to(pictures[static_cast<size_t>(i)], planes[i].data_ptr<float>());
    const auto wanted =
        backbone.network->get_intermediate_layers(planes, {.blocks = {0, 2}, .norm = norm});
    const auto patches = wanted[1].patches.contiguous(), cls = wanted[0].cls_token.contiguous();
    for (size_t i = 0; i < token; ++i)
      EXPECT_NEAR(found[item + i], cls[1][static_cast<int64_t>(i)].item<float>(), 1e-4);
    for (size_t i = 0; i < 24 * token; ++i)
      EXPECT_NEAR(found[block + token + i], patches.data_ptr<float>()[i], 1e-4);
    if (has_native())
      expect_like_torch(
          *native_engine(network_of(backbone), options, nullptr), backbone, options, 16, 24);
    if (has_openvino())
      expect_like_torch(*openvino_engine(network_of(backbone), options), backbone, options, 16, 24);
  }
}

TEST(Engine, Bfloat16StaysNearOrIsRefused) {
  const auto backbone = network("vit_64x3x2", 4, 16);
  const EngineOptions options{.precision = Precision::bf16, .threads = 2};
  if (!this_machine().has_bfloat16()) {
    EXPECT_THROW(torch_engine(backbone, options), Error);
    if (has_openvino()) {
      EXPECT_THROW(openvino_engine(network_of(backbone), options), Error);
    }
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
