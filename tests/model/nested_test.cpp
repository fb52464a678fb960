#include <gtest/gtest.h>

#include "model/arch.hpp"
#include "model/vit.hpp"

namespace troodon::model {
namespace {

struct Shape {
  double drop = 0;
  int64_t registers = 0;
  bool masked = true;
};

/// The official shapes in small: two sizes of crops, LayerScale, the larger ones partly masked.
VisionTransformer network(const Shape& shape) {
  VitConfig config = arch_config("vit_32x3x2", 4);
  config.img_size = 16;
  config.init_values = 0.5;
  config.num_register_tokens = shape.registers;
  config.drop_path_rate = shape.drop;
  config.drop_path_uniform = true;
  torch::manual_seed(1);
  VisionTransformer vit(config);
  vit->to(torch::kDouble);
  return vit;
}

struct Crops {
  std::vector<Tensor> images, masks, wanted;
};

Crops crops(const Shape& shape, torch::Dtype dtype) {
  torch::manual_seed(2);
  const Tensor masks = torch::rand({5, 16}) < 0.4;
  const Tensor none;
  return {.images = {torch::randn({5, 3, 16, 16}, torch::kDouble).to(dtype),
                     torch::randn({7, 3, 8, 8}, torch::kDouble).to(dtype)},
          .masks = {shape.masked ? masks : none, none},
          .wanted = {masks.flatten().nonzero().flatten(), none}};
}

/// Outputs of forward_selected, flat, and the gradient of every parameter under a loss that tells
/// all outputs apart. Draws are the same each time.
std::vector<Tensor> outcome(VisionTransformer vit, const Shape& shape, const NestedPass& pass) {
  vit->nested = pass;
  vit->zero_grad();
  int64_t draw = 0;
  vit->permutation = [&](int64_t n) { return torch::arange(n).roll(++draw); };
  const Crops in = crops(shape, vit->parameters()[0].scalar_type());
  const auto out = vit->forward_selected(in.images, in.masks, in.wanted);
  const Tensor rows = torch::cat({out[0].cls, out[0].patches, out[1].cls, out[1].patches});
  (rows.pow(2) * torch::linspace(-1, 2, rows.numel(), rows.options()).view_as(rows))
      .sum()
      .backward();
  std::vector<Tensor> all{rows.detach()};
  for (const Tensor& param : vit->parameters()) {
    all.push_back(param.grad().defined() ? param.grad().clone() : torch::zeros_like(param));
  }
  return all;
}

/// Within a relative error of each tensor as a whole.
void expect_close(const std::vector<Tensor>& a, const std::vector<Tensor>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const double error = (a[i].to(torch::kDouble) - b[i]).norm().item<double>();
    EXPECT_LE(error, tolerance * std::max(b[i].norm().item<double>(), 1e-6)) << i;
  }
}

class NestedTest : public testing::TestWithParam<Shape> {};

TEST_P(NestedTest, PackedGivesWhatOnePassPerSizeGives) {
  const Shape& shape = GetParam();
  const VisionTransformer vit = network(shape);
  const NestedPass per_size{.packed = false, .attention = kernels::packed_attention_plain};
  expect_close(outcome(vit, shape, {}), outcome(vit, shape, per_size), 1e-11);
  expect_close(outcome(vit, shape, {.lean = true}), outcome(vit, shape, per_size), 1e-11);
}

TEST_P(NestedTest, PackedInFloatIsAsCloseToDoubleAsOnePassPerSize) {
  const Shape& shape = GetParam();
  VisionTransformer vit = network(shape);
  const NestedPass per_size{.packed = false, .attention = kernels::packed_attention_plain};
  const auto exact = outcome(vit, shape, per_size);
  vit->to(torch::kFloat);
  // Small gradients of some tensors are differences of large sums.
  expect_close(outcome(vit, shape, per_size), exact, 2e-5);
  expect_close(outcome(vit, shape, {}), exact, 2e-5);
  expect_close(outcome(vit, shape, {.lean = true}), exact, 2e-5);
}

TEST_P(NestedTest, ABlockComputedASecondTimeGivesTheSameBits) {
  const Shape& shape = GetParam();
  VisionTransformer vit = network(shape);
  vit->to(torch::kFloat);
  for (const bool lean : {false, true}) {
    const auto kept = outcome(vit, shape, {.lean = lean});
    const auto again = outcome(vit, shape, {.checkpoint = true, .lean = lean});
    for (size_t i = 0; i < kept.size(); ++i) EXPECT_TRUE(torch::equal(kept[i], again[i])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Settings,
                         NestedTest,
                         testing::Values(Shape{},
                                         Shape{.registers = 3},
                                         Shape{.masked = false},
                                         Shape{.drop = 0.4},
                                         Shape{.drop = 0.4, .registers = 2}),
                         [](const auto& info) { return "number" + std::to_string(info.index); });

// The other way through the blocks, a tensor of one size, shares neither packing nor attention nor
// the folded LayerScale. Above a rate of 0.1 it draws as the nested one does.
TEST(Nested, GivesWhatTheBlocksGiveForOneSize) {
  for (const double drop : {0.0, 0.4}) {
    const Shape shape{.drop = drop, .registers = 2};
    VisionTransformer vit = network(shape);
    const Crops in = crops(shape, torch::kDouble);
    vit->permutation = [](int64_t n) { return torch::arange(n).flip(0); };
    const auto nested = vit->forward_features(in.images, in.masks);
    for (size_t i = 0; i < in.images.size(); ++i) {
      const VitFeatures alone = vit->forward_features(in.images[i], in.masks[i]);
      EXPECT_TRUE(torch::allclose(nested[i].x_prenorm, alone.x_prenorm, 1e-10, 1e-12)) << drop;
      EXPECT_TRUE(torch::allclose(nested[i].x_norm_clstoken, alone.x_norm_clstoken, 1e-10, 1e-12));
      EXPECT_EQ(nested[i].x_norm_regtokens.size(1), 2);
    }
  }
}

TEST(Nested, KeepsTheOfficialNumberOfSequencesAndScalesByIt) {
  const Packed packed = pack({torch::zeros({20, 2, 1}), torch::zeros({10, 3, 1})});
  const Kept kept = draw_kept(packed, 0.9, [](int64_t n) { return torch::arange(n).flip(0); });
  // int(20 * (1.0 - 0.9)) = 1 in double: 1.0 - 0.9 is a little less than 0.1.
  EXPECT_EQ(kept.batches[0].count, 1);
  EXPECT_EQ(kept.batches[1].count, 1);
  EXPECT_TRUE(torch::equal(kept.rows, torch::tensor({38, 39, 67, 68, 69})));
  EXPECT_TRUE(torch::equal(kept.factor.flatten(),
                           torch::tensor({20., 20., 10., 10., 10.}, torch::kDouble)));
}

TEST(Nested, UnpackingGivesBackWhatWasPacked) {
  const Tensor a = torch::randn({2, 5, 4}), b = torch::randn({3, 1, 4});
  const Packed packed = pack({a, b});
  EXPECT_EQ(lengths_of(packed.batches), (kernels::Lengths{5, 5, 1, 1, 1}));
  EXPECT_TRUE(torch::equal(unpack(packed)[0], a));
  EXPECT_TRUE(torch::equal(unpack(packed)[1], b));
}

}  // namespace
}  // namespace troodon::model
