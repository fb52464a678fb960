#include "infer/predict/label_pixels.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "heads/depth_head.hpp"
#include "heads/segment_head.hpp"
#include "infer/differences.hpp"
#include "zoo/names.hpp"

namespace troodon::infer {
namespace {

TEST(ReleasedHeads, SizesAreThoseOfTheirTensors) {
  const auto bytes = [](const heads::Weights& weights) {
    int64_t out = 0;
    for (const auto& [name, tensor] : weights) out += tensor.numel() * tensor.element_size();
    return out;
  };
  const auto released = [](const std::string& name) {
    return zoo::released("dinov2_vitb14_" + name)->files.at(0).tensor_bytes;
  };
  EXPECT_EQ(released("nyu_dpt_head"),
            bytes(heads::make_depth_head(
                      {.kind = heads::DepthKind::dpt, .embed_dim = 768, .layers = 4}, 1)
                      .weights));
  EXPECT_EQ(released("kitti_linear4_head"),
            bytes(heads::make_depth_head({.embed_dim = 768, .layers = 4}, 1).weights));
  EXPECT_EQ(released("voc2012_ms_head"), bytes(heads::make_segment_head(768, 4, 21, 1).weights));
}

TEST(LabelPixels, EqualEnlargingEachClassAndTakingTheLargest) {
  torch::manual_seed(2);
  for (const auto& [rows, columns, height, width] : std::vector<std::array<int64_t, 4>>{
           {3, 5, 40, 61}, {7, 7, 7, 7}, {9, 4, 5, 3}, {1, 1, 4, 6}}) {
    const torch::Tensor logits = torch::randn({rows, columns, 6});
    const PixelLabels one = label_pixels(
        {rows, columns, 6, {logits.data_ptr<float>(), static_cast<size_t>(logits.numel())}},
        static_cast<int>(width),
        static_cast<int>(height),
        true,
        1);
    const PixelLabels four = label_pixels(
        {rows, columns, 6, {logits.data_ptr<float>(), static_cast<size_t>(logits.numel())}},
        static_cast<int>(width),
        static_cast<int>(height),
        true,
        4);
    EXPECT_EQ(one.labels, four.labels);
    EXPECT_EQ(one.confidence, four.confidence);
    const torch::Tensor large =
        heads::resize_to(logits.permute({2, 0, 1}).unsqueeze(0), {height, width});
    EXPECT_LT(apart(one.labels, large.argmax(1)), 0.002);
    EXPECT_LT(largest_difference(one.confidence, std::get<0>(torch::softmax(large, 1).max(1))),
              1e-5);
  }
}

}  // namespace
}  // namespace troodon::infer
