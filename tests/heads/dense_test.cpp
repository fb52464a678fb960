#include "heads/depth_head.hpp"
#include "heads/scratch.hpp"
#include "heads/segment_head.hpp"

namespace troodon::heads {
namespace {

/// Maps in which the first number of a cell tells its class, and the masks: cells of 4x4 pixels.
SegmentBatch halves(int64_t iteration) {
  torch::manual_seed(100 + iteration);
  const Tensor cells = torch::randint(2, {2, 1, 3, 5}).to(torch::kFloat);
  Tensor map = 0.3 * torch::randn({2, 8, 3, 5});
  map.select(1, 0) += 2 * cells.select(1, 0);
  const Tensor target = torch::upsample_nearest2d(cells, {12, 20}).select(1, 0).to(torch::kByte);
  return {.maps = {map}, .target = target};
}

TEST(Windows, CoverThePictureAndTheLastIsMovedInside) {
  const auto windows = sliding_windows({60, 90}, {32, 40}, {20, 24});
  ASSERT_EQ(windows.size(), 3 * 4);
  EXPECT_EQ(windows.back().top + windows.back().height, 60);
  EXPECT_EQ(windows.back().left + windows.back().width, 90);
  EXPECT_EQ(windows.back().height, 32);
  const auto one = sliding_windows({20, 90}, {32, 100}, {20, 24});
  ASSERT_EQ(one.size(), 1);
  EXPECT_EQ(one[0].height, 20);
  const Tensor images = torch::rand({2, 3, 60, 90});
  const auto same = [](const Tensor& crop) { return crop; };
  EXPECT_TRUE(torch::allclose(average_windows(images, windows, same), images, 1e-6, 1e-7));
  EXPECT_NE(refusal([] { sliding_windows({9, 9}, {3, 3}, {0, 1}); }), "");
}

TEST(CenterPadding, TheLargerHalfGoesRightAndBelow) {
  const Padding p = center_padding({30, 43}, 14);
  EXPECT_EQ(p.top, 6);
  EXPECT_EQ(p.bottom, 6);
  EXPECT_EQ(p.left, 6);
  EXPECT_EQ(p.right, 7);
  EXPECT_EQ(pad_centre(torch::ones({1, 3, 30, 43}), 14).sum().item<float>(), 3 * 30 * 43);
  EXPECT_EQ(center_padding({28, 42}, 14).left, 0);
}

TEST(SegmentHead, LearnsMasksFromCachedMaps) {
  SegmentHead head = make_segment_head(8, 1, 2, 1);
  SegmentOptions options;
  options.training = segment_training(60);
  options.training.lr = 0.05;
  std::vector<double> losses;
  train_segment_head(
      head, halves, options, [&](const TrainingStep& s) { losses.push_back(s.loss); });
  EXPECT_EQ(losses.size(), 60);
  EXPECT_LT(losses.back(), 0.6 * losses.front());
  EXPECT_EQ(head.weights.at("bn.num_batches_tracked").item<int64_t>(), 60);
  const SegmentBatch fresh = halves(1000);
  const Tensor right = segment_classes(head, fresh.maps, {12, 20}) == fresh.target.to(torch::kLong);
  EXPECT_GT(right.to(torch::kFloat).mean().item<float>(), 0.85);
}

TEST(SegmentLoss, IgnoredPixelsAddNothing) {
  const Tensor logits = torch::zeros({1, 4, 2, 2});
  const Tensor target = torch::tensor({{{1, 2}, {255, 255}}}, torch::kByte);
  EXPECT_NEAR(segment_loss(logits, target).item<double>(), std::log(4) / 2, 1e-6);
  EXPECT_NEAR(
      segment_loss(logits, target, Average::judged_pixels).item<double>(), std::log(4), 1e-6);
  const Tensor none = torch::full_like(target, 255);
  EXPECT_EQ(segment_loss(logits, none, Average::judged_pixels).item<double>(), 0);
}

TEST(SegmentHead, BatchesThatDontFitAreNamed) {
  SegmentHead head = make_segment_head(8, 1, 2, 1);
  const auto said = [&](const std::function<void(SegmentBatch&)>& spoil) {
    return refusal([&] {
      train_segment_head(head, [&](int64_t i) {
        SegmentBatch batch = halves(i);
        spoil(batch);
        return batch;
      });
    });
  };
  EXPECT_NE(said([](auto& b) { b.target[0][0][0] = 7; }).find("class 7"), std::string::npos);
  EXPECT_NE(said([](auto& b) { b.maps[0] = torch::zeros({2, 9, 3, 5}); }).find("width 8"),
            std::string::npos);
  EXPECT_NE(said([](auto& b) { b.maps[0][1][0][0][0] = NAN; }).find("row 1"), std::string::npos);
  EXPECT_NE(said([](auto& b) { b.target = b.target.narrow(0, 0, 1); }).find("1 masks"),
            std::string::npos);
  EXPECT_NE(said([](auto& b) { b.maps.push_back(b.maps[0]); }).find("not of 2"), std::string::npos);
}

/// Depth is 2 m or 6 m by the sign of a cell's first number.
DepthBatch steps(int64_t iteration, int64_t layers) {
  torch::manual_seed(500 + iteration);
  const Tensor cells = torch::randint(2, {2, 1, 3, 4}).to(torch::kFloat);
  DepthBatch batch{.target = torch::upsample_nearest2d(2 + 4 * cells, {12, 16})};
  for (int64_t i = 0; i < layers; ++i) {
    Tensor map = 0.1 * torch::randn({2, 8, 3, 4});
    map.select(1, 0) += 2 * cells.select(1, 0) - 1;
    batch.layers.push_back({.patches = map, .cls_token = torch::randn({2, 8})});
  }
  return batch;
}

TEST(DepthHead, LinearAndDptLearnFromCachedMaps) {
  for (const DepthKind kind : {DepthKind::linear, DepthKind::dpt}) {
    DepthHead head =
        make_depth_head({.kind = kind, .embed_dim = 8, .layers = 4, .bins = 32, .channels = 8}, 1);
    DepthOptions options;
    options.training = depth_training(kind == DepthKind::linear ? 80 : 150);
    options.training.lr = kind == DepthKind::linear ? 1e-2 : 2e-3;
    options.losses = {.warm_up = 10, .axes = GradientAxes::spatial};
    std::vector<double> losses;
    train_depth_head(
        head,
        [](int64_t i) { return steps(i, 4); },
        options,
        [&](const TrainingStep& s) { losses.push_back(s.loss); });
    EXPECT_LT(losses.back(), 0.8 * losses[10]);
    const DepthBatch fresh = steps(1000, 4);
    const Tensor depth = predict_depth(head, fresh.layers, {12, 16});
    const Tensor far = depth.masked_select(fresh.target > 4).mean(),
                 near = depth.masked_select(fresh.target < 4).mean();
    EXPECT_GT(far.item<float>(), near.item<float>() + 1);
  }
}

TEST(DepthHead, ConvolvingBeforeEnlargingIsTheSame) {
  const DepthHead head = make_depth_head({.embed_dim = 8, .layers = 2, .bins = 16}, 1);
  const auto layers = steps(0, 2).layers;
  std::vector<Tensor> official;
  for (const auto& layer : layers) {
    const Tensor cls = layer.cls_token.unsqueeze(2).unsqueeze(3).expand_as(layer.patches);
    official.push_back(
        torch::upsample_bilinear2d(torch::cat({layer.patches, cls}, 1), {12, 16}, false));
  }
  const Tensor logits = torch::conv2d(torch::cat(official, 1),
                                      head.weights.at("conv_depth.weight"),
                                      head.weights.at("conv_depth.bias"));
  const Tensor shares = logits.relu() + 0.1;
  const Tensor bins = torch::linspace(0.001, 10, 16).view({1, 16, 1, 1});
  const Tensor expected = (shares / shares.sum(1, true) * bins).sum(1, true);
  EXPECT_TRUE(torch::allclose(depth_map(head, layers), expected, 1e-5, 1e-5));
}

TEST(DepthHead, LogarithmicBinsKeepToTheRange) {
  DepthHead head =
      make_depth_head({.embed_dim = 8, .range = {0.5, 8}, .spacing = BinSpacing::logarithmic}, 1);
  for (auto& [name, weight] : head.weights) weight.zero_();
  const Tensor depth = depth_map(head, steps(0, 1).layers);
  // All bins alike: their mean, far below that of even bins (4.25).
  EXPECT_NEAR(depth.mean().item<double>(), 7.5 / std::log(16), 0.02);
}

TEST(DepthHead, TheDptMapIs32PixelsForTwoPatches) {
  const DepthHead head =
      make_depth_head({.kind = DepthKind::dpt, .embed_dim = 8, .channels = 4}, 1);
  const auto layer = [](int64_t h, int64_t w) {
    return model::IntermediateLayer{.patches = torch::randn({1, 8, h, w}),
                                    .cls_token = torch::randn({1, 8})};
  };
  const Tensor odd = depth_map(head, {4, layer(7, 5)});
  EXPECT_EQ(odd.sizes().vec(), (std::vector<int64_t>{1, 1, 128, 96}));
  EXPECT_GE(odd.min().item<float>(), 0.001F);
}

TEST(DepthLosses, TheOfficialGradientLossSeesNoPictureUntilThereAreThree) {
  const Tensor pred = torch::rand({2, 1, 8, 8}) + 1, target = torch::rand({2, 1, 8, 8}) + 1;
  EXPECT_EQ(gradient_loss(pred, target).item<double>(), 0);
  EXPECT_GT(gradient_loss(pred, target, 0, GradientAxes::spatial).item<double>(), 0.1);
}

TEST(DepthLosses, AScaledPredictionCostsOnlyTheMeanTerm) {
  const Tensor target = torch::rand({1, 1, 8, 8}) * 100 + 100;
  const double loss = sig_loss(2 * target, target).item<double>();
  EXPECT_NEAR(loss, std::sqrt(0.15) * std::log(2), 1e-4);
  EXPECT_NEAR(sig_loss(2 * target, target, 0, true).item<double>(), loss, 1e-4);
  const auto none = [&] { sig_loss(target, torch::zeros_like(target)); };
  EXPECT_NE(refusal(none).find("known"), std::string::npos);
}

TEST(DepthBlocks, DepthHeadsSeeTheOfficialBlocks) {
  EXPECT_EQ(depth_blocks(12, 4), (std::vector<int64_t>{2, 5, 8, 11}));
  EXPECT_EQ(depth_blocks(24, 4), (std::vector<int64_t>{4, 11, 17, 23}));
  EXPECT_EQ(depth_blocks(40, 4), (std::vector<int64_t>{9, 19, 29, 39}));
  EXPECT_EQ(depth_blocks(12, 1), (std::vector<int64_t>{11}));
}

}  // namespace
}  // namespace troodon::heads
