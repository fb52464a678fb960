#include "model/head.hpp"

#include <gtest/gtest.h>

namespace troodon::model {
namespace {

HeadConfig small_head() {
  return {.in_dim = 6, .out_dim = 9, .nlayers = 3, .hidden_dim = 8, .bottleneck_dim = 4};
}

TEST(DINOHead, LogitsAreCosinesWhileGIsOne) {
  DINOHead head(small_head());
  const Tensor logits = head->forward(100 * torch::randn({50, 6}));
  EXPECT_LE(logits.abs().max().item<float>(), 1 + 1e-6);
}

TEST(DINOHead, KeysAreTheOfficialOnes) {
  std::vector<std::string> keys;
  for (const auto& p : DINOHead(small_head())->named_parameters()) keys.push_back(p.key());
  const std::vector<std::string> official = {"mlp.0.weight",
                                             "mlp.0.bias",
                                             "mlp.2.weight",
                                             "mlp.2.bias",
                                             "mlp.4.weight",
                                             "mlp.4.bias",
                                             "last_layer.weight_g",
                                             "last_layer.weight_v"};
  EXPECT_EQ(keys, official);
}

TEST(DINOHead, AZeroFeatureGivesFiniteLogits) {
  DINOHead head(small_head());
  EXPECT_TRUE(head->forward(torch::zeros({1, 6})).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace troodon::model
