#include "train/backbone_parts.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace troodon::train {
namespace {

using model::VisionTransformer;

VisionTransformer small_backbone(torch::ScalarType type, double drop_path = 0) {
  torch::manual_seed(3);
  VisionTransformer backbone(model::VitConfig{.img_size = 16,
                                              .patch_size = 4,
                                              .embed_dim = 16,
                                              .depth = 2,
                                              .num_heads = 2,
                                              .drop_path_rate = drop_path,
                                              .num_register_tokens = 1});
  backbone->to(type);
  return backbone;
}

/// Five large crops, the second and the last masked; seven small ones.
BackboneInput some_input(torch::ScalarType type) {
  torch::manual_seed(4);
  Tensor masks = torch::zeros({5, 16}, torch::kBool);
  masks[1].slice(0, 2, 6).fill_(true);
  masks[4].slice(0, 9, 16).fill_(true);
  return {.crops = {torch::randn({5, 3, 16, 16}, type), torch::randn({7, 3, 8, 8}, type)},
          .masks = {masks, {}},
          .patch_indices = {masks.flatten().nonzero().flatten(), {}}};
}

/// Any loss that tells every output apart.
Tensor some_loss(const BackboneParts::Tokens& tokens) {
  const Tensor rows = torch::cat({tokens[0].cls, tokens[0].patches, tokens[1].cls});
  const Tensor factors = torch::linspace(-1, 2, rows.numel(), rows.options()).view_as(rows);
  return (rows.pow(2) * factors).sum();
}

struct Result {
  double loss;
  std::vector<Tensor> gradients;
};

Result run(VisionTransformer backbone, int threads) {
  at::set_num_threads(threads);
  backbone->zero_grad();
  BackboneParts parts;
  const Tensor loss =
      some_loss(parts.forward(backbone, some_input(backbone->parameters()[0].scalar_type())));
  loss.backward();
  parts.backward();
  at::set_num_threads(1);
  Result out{.loss = loss.item<double>()};
  for (const Tensor& param : backbone->parameters()) out.gradients.push_back(param.grad().clone());
  return out;
}

class BackbonePartsTest : public testing::TestWithParam<int> {};

TEST_P(BackbonePartsTest, GivesWhatOneThreadGives) {
  VisionTransformer backbone = small_backbone(torch::kDouble);
  const Result alone = run(backbone, 1), shared = run(backbone, GetParam());
  EXPECT_NEAR(shared.loss, alone.loss, 1e-12 * std::abs(alone.loss));
  for (size_t i = 0; i < alone.gradients.size(); ++i) {
    EXPECT_TRUE(torch::allclose(shared.gradients[i], alone.gradients[i], 1e-9, 1e-12)) << i;
  }
}

// float32 goes other ways, through oneDNN, which must not believe that it has all threads.
TEST_P(BackbonePartsTest, GivesWhatOneThreadGivesInFloat) {
  VisionTransformer backbone = small_backbone(torch::kFloat);
  const Result alone = run(backbone, 1), shared = run(backbone, GetParam());
  EXPECT_NEAR(shared.loss, alone.loss, 1e-4 * std::abs(alone.loss));
  for (size_t i = 0; i < alone.gradients.size(); ++i) {
    const double size = alone.gradients[i].abs().max().item<double>();
    EXPECT_TRUE(torch::allclose(shared.gradients[i], alone.gradients[i], 1e-3, 1e-4 * size + 1e-6))
        << i;
  }
}

TEST_P(BackbonePartsTest, GivesTheSameBitsTwice) {
  VisionTransformer backbone = small_backbone(torch::kFloat);
  const Result once = run(backbone, GetParam()), again = run(backbone, GetParam());
  EXPECT_EQ(once.loss, again.loss);
  for (size_t i = 0; i < once.gradients.size(); ++i) {
    EXPECT_TRUE(torch::equal(once.gradients[i], again.gradients[i])) << i;
  }
}

// Seven threads: more than there are large crops.
INSTANTIATE_TEST_SUITE_P(Threads, BackbonePartsTest, testing::Values(2, 3, 7));

TEST(BackboneParts, SeesNewWeights) {
  VisionTransformer backbone = small_backbone(torch::kDouble);
  BackboneParts parts;
  at::set_num_threads(2);
  parts.forward(backbone, some_input(torch::kDouble));
  {
    const torch::NoGradGuard frozen;
    for (Tensor& param : backbone->parameters()) param.mul_(0.5);
  }
  const auto after = parts.forward(backbone, some_input(torch::kDouble));
  at::set_num_threads(1);
  const auto expected = BackboneParts().forward(backbone, some_input(torch::kDouble));
  EXPECT_TRUE(torch::allclose(after[0].patches, expected[0].patches, 1e-9, 1e-12));
}

TEST(BackboneParts, WithoutGradientsTheyAreTheSame) {
  VisionTransformer backbone = small_backbone(torch::kDouble);
  at::set_num_threads(3);
  const auto shared = forward_in_parts(backbone, some_input(torch::kDouble));
  at::set_num_threads(1);
  const auto alone = forward_in_parts(backbone, some_input(torch::kDouble));
  EXPECT_FALSE(shared[0].cls.requires_grad());
  EXPECT_TRUE(torch::allclose(shared[0].cls, alone[0].cls, 1e-9, 1e-12));
  EXPECT_TRUE(torch::allclose(shared[0].patches, alone[0].patches, 1e-9, 1e-12));
  EXPECT_TRUE(torch::allclose(shared[1].cls, alone[1].cls, 1e-9, 1e-12));
}

TEST(BackboneParts, StochasticDepthDrawsOnceForTheWholeBatch) {
  VisionTransformer backbone = small_backbone(torch::kDouble, 0.5);
  std::vector<int64_t> drawn;
  backbone->permutation = [&](int64_t n) {
    drawn.push_back(n);
    return torch::arange(n);
  };
  at::set_num_threads(2);
  BackboneParts().forward(backbone, some_input(torch::kDouble));
  at::set_num_threads(1);
  EXPECT_EQ(drawn, (std::vector<int64_t>{5, 7, 5, 7}));  // the second block alone drops
}

}  // namespace
}  // namespace troodon::train
