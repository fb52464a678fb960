#include "heads/head_file.hpp"

#include "heads/scratch.hpp"
#include "model/checkpoint.hpp"
#include "model/torch_file.hpp"

namespace troodon::heads {
namespace {

/// As mmcv writes a decoder's checkpoint, with an optimizer beside it.
void write_mmcv(const fs::path& path, const Weights& weights) {
  std::vector<model::NamedTensor> tensors;
  for (const auto& [name, tensor] : weights)
    tensors.emplace_back("state_dict.decode_head." + name, tensor);
  tensors.emplace_back("optimizer.state.0.exp_avg", torch::zeros({2}));
  model::write_torch_file(path, tensors);
}

std::vector<model::IntermediateLayer> layers(int64_t count, int64_t width) {
  std::vector<model::IntermediateLayer> out;
  for (int64_t i = 0; i < count; ++i)
    out.push_back(
        {.patches = torch::randn({2, width, 3, 4}), .cls_token = torch::randn({2, width})});
  return out;
}

std::vector<Tensor> maps_of(const std::vector<model::IntermediateLayer>& of) {
  std::vector<Tensor> maps;
  for (const auto& layer : of) maps.push_back(layer.patches);
  return maps;
}

std::string unreadable(const fs::path& path, int64_t embed_dim) {
  return refusal([&] { read_head(path, embed_dim); });
}

TEST(HeadFile, EveryKindComesBackAsItWas) {
  const Scratch scratch;
  const fs::path path = scratch.path / "head.safetensors";
  HeadCard card{.backbone = "ViT 8x2x2",
                .backbone_hash = "ab12",
                .embed_dim = 8,
                .blocks = {0, 1},
                .norm = false,
                .image_size = 224,
                .patch_size = 14,
                .classes = {"cat", "dog", "newt"},
                .data = "20 pictures",
                .metrics = {{"top-1", 0.5}},
                .licence = "CC0"};
  DepthHead depth = make_depth_head({.embed_dim = 8,
                                     .range = {0.1, 20},
                                     .bins = 12,
                                     .spacing = BinSpacing::logarithmic,
                                     .norm = BinNorm::softmax},
                                    1);
  const DepthHead dpt = make_depth_head({.kind = DepthKind::dpt, .embed_dim = 8, .channels = 4}, 1);
  const std::vector<Head> heads = {{.head = ClassHead{.blocks = 4,
                                                      .avgpool = false,
                                                      .weight = torch::randn({3, 32}),
                                                      .bias = torch::randn({3})},
                                    .card = card},
                                   {.head = make_mlp_probe(8, 3, 4, 1), .card = card},
                                   {.head = make_attentive_probe(8, 3, 2, 1), .card = card},
                                   {.head = make_segment_head(8, 4, 3, 1), .card = card},
                                   {.head = depth, .card = card},
                                   {.head = dpt, .card = card}};
  for (const Head& head : heads) {
    write_head(path, head);
    const Head back = read_head(path, 8);
    EXPECT_EQ(describe(back), describe(head));
    write_head(scratch.path / "again.safetensors", back);
    EXPECT_EQ(read_bytes(path), read_bytes(scratch.path / "again.safetensors"));
  }
  const auto features = layers(1, 8);
  EXPECT_TRUE(torch::equal(
      depth_map(std::get<DepthHead>(read_head((write_head(path, heads[4]), path)).head), features),
      depth_map(depth, features)));
  EXPECT_NE(describe(heads[0]).find("\"limits\": \"no text\""), std::string::npos);
  EXPECT_NE(unreadable(path, 16).find("width 8 (ViT 8x2x2)"), std::string::npos);
}

TEST(HeadFile, OfficialClassifiersLoad) {
  const Scratch scratch;
  const Tensor probe = torch::randn({5, 5, 16});
  for (const int64_t blocks : {1, 4}) {
    const Tensor weight = torch::randn({7, (blocks + 1) * 16}), bias = torch::randn({7});
    const std::vector<model::NamedTensor> file = {{"weight", weight}, {"bias", bias}};
    model::write_torch_file(scratch.path / "head.pth", file);
    const Head head = read_head(scratch.path / "head.pth", 16);
    EXPECT_EQ(kind_of(head), "linear");
    EXPECT_TRUE(torch::allclose(class_logits(std::get<ClassHead>(head.head), probe),
                                linear_input(probe, blocks, true).mm(weight.t()) + bias));
    EXPECT_NE(unreadable(scratch.path / "head.pth", 15).find("head.pth"), std::string::npos);
  }
}

TEST(HeadFile, OfficialSegmentersLoadWhateverTheirLayersAndClasses) {
  const Scratch scratch;
  const auto features = layers(4, 16);
  for (const int64_t count : {1, 4}) {
    for (const int64_t classes : {21, 150}) {
      SegmentHead made = make_segment_head(16, count, classes, 1);
      made.weights["bn.running_mean"].normal_();
      write_mmcv(scratch.path / "seg.pth", made.weights);
      const Head read = read_head(scratch.path / "seg.pth", 16);
      const auto& head = std::get<SegmentHead>(read.head);
      EXPECT_EQ(head.layers, count);
      EXPECT_EQ(head.classes, classes);
      EXPECT_TRUE(read.card.norm);
      std::vector<Tensor> maps = maps_of(features);
      maps.resize(static_cast<size_t>(count));
      EXPECT_TRUE(torch::equal(segment_logits(head, maps), segment_logits(made, maps)));
    }
  }
}

TEST(HeadFile, OfficialDepthersLoadWithHubsRanges) {
  const Scratch scratch;
  for (const int64_t count : {1, 4}) {
    const DepthHead made = make_depth_head(
        {.embed_dim = 16, .layers = count, .range = kHubLinearRange, .bins = 64}, 1);
    write_mmcv(scratch.path / "depth.pth", made.weights);
    const Head read = read_head(scratch.path / "depth.pth", 16);
    const auto& head = std::get<DepthHead>(read.head);
    EXPECT_EQ(head.range.max, 80);
    EXPECT_FALSE(read.card.norm);
    const auto features = layers(count, 16);
    EXPECT_TRUE(torch::equal(depth_map(head, features), depth_map(made, features)));
  }
  const DepthHead made =
      make_depth_head({.kind = DepthKind::dpt, .embed_dim = 16, .channels = 12}, 1);
  write_mmcv(scratch.path / "dpt.pth", made.weights);
  const Head read = read_head(scratch.path / "dpt.pth", 16);
  const auto& head = std::get<DepthHead>(read.head);
  EXPECT_EQ(head.channels, 12);
  EXPECT_EQ(head.range.max, 10);
  const auto features = layers(4, 16);
  EXPECT_TRUE(torch::equal(depth_map(head, features), depth_map(made, features)));
}

TEST(HeadFile, WithoutABackboneReleasedWidthsTellOrAskForIt) {
  const Scratch scratch;
  write_mmcv(scratch.path / "s4.pth", make_segment_head(1024, 4, 3, 1).weights);
  EXPECT_EQ(std::get<SegmentHead>(read_head(scratch.path / "s4.pth").head).layers, 4);
  write_mmcv(scratch.path / "g1.pth", make_segment_head(1536, 1, 3, 1).weights);  // or 4 x 384
  EXPECT_NE(unreadable(scratch.path / "g1.pth", 0).find("name the backbone"), std::string::npos);
  EXPECT_EQ(std::get<SegmentHead>(read_head(scratch.path / "g1.pth", 384).head).layers, 4);
}

TEST(HeadFile, WhatIsWrongIsSaidInASentence) {
  const Scratch scratch;
  const fs::path path = scratch.path / "bad.pth";
  const auto said = [&](const std::function<void(Weights&)>& spoil, int64_t width = 16) {
    Weights weights = make_segment_head(16, 1, 3, 1).weights;
    spoil(weights);
    write_mmcv(path, weights);
    return unreadable(path, width);
  };
  EXPECT_EQ(said([](auto&) {}), "");
  EXPECT_NE(said([](auto& w) { w["conv_sag.bias"] = torch::zeros({3}); }).find("conv_seg.bias"),
            std::string::npos);
  EXPECT_NE(said([](auto& w) { w.erase("bn.weight"); }).find("'bn.weight' is missing"),
            std::string::npos);
  EXPECT_NE(said([](auto& w) { w["bn.weight"] = torch::ones({15}); }).find("[15]"),
            std::string::npos);
  EXPECT_NE(said([](auto& w) { w["bn.bias"][3] = NAN; }).find("NaN"), std::string::npos);
  EXPECT_NE(said([](auto&) {}, 12).find("width 12"), std::string::npos);
  model::write_torch_file(path, std::vector<model::NamedTensor>{{"x", torch::zeros({2})}});
  EXPECT_NE(unreadable(path, 16).find("holds no head"), std::string::npos);
  const model::StateDict damaged{.tensors = {{"weight", torch::zeros({2, 2})}},
                                 .metadata = {{kHeadMetadata, "{\"kind\": 3}"}}};
  model::write_checkpoint(scratch.path / "card.safetensors", damaged);
  EXPECT_NE(unreadable(scratch.path / "card.safetensors", 0).find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace troodon::heads
