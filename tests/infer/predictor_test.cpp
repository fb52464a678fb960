#include "infer/predictor.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "heads/head_file.hpp"
#include "image/colour.hpp"
#include "image/resize.hpp"
#include "infer/differences.hpp"
#include "infer/geometry.hpp"
#include "infer/settings.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

namespace troodon::infer {
namespace {

using torch::Tensor;

constexpr int kSize = 24, kPatch = 4;

/// A random network of width 32, depth 4, and heads on it in a folder of their own.
class PredictorTest : public ::testing::Test {
 protected:
  fs::path folder_ = fs::temp_directory_path() /
                     fmt::format("troodon_predictor_{}_{}",
                                 getpid(),
                                 testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::path model_ = folder_ / "model.safetensors";
  model::VisionTransformer network_{nullptr};

  void SetUp() override {
    fs::create_directories(folder_);
    torch::manual_seed(5);
    model::VitConfig config = model::arch_config("vit_32x4x2", kPatch);
    config.img_size = kSize;
    network_ = model::VisionTransformer(config);
    {
      // A norm that does something: fresh ones are 1 and 0.
      const torch::NoGradGuard frozen;
      for (auto& named : network_->named_parameters())
        if (named.key().starts_with("norm.")) named.value().add_(torch::randn({32}) * 0.3);
    }
    network_->eval();
    model::write_backbone(model_, network_, kSize);
  }
  void TearDown() override { fs::remove_all(folder_); }

  heads::HeadCard card() const {
    return {.backbone = "a small one", .embed_dim = 32, .image_size = kSize, .patch_size = kPatch};
  }
  fs::path keep(const std::string& name, const heads::Head& head) const {
    const fs::path file = folder_ / (name + ".safetensors");
    heads::write_head(file, head);
    return file;
  }
  fs::path classes() const {
    torch::manual_seed(6);
    heads::Head head{.head = heads::ClassHead{.blocks = 2,
                                              .avgpool = true,
                                              .weight = torch::randn({3, 96}),
                                              .bias = torch::randn({3})},
                     .card = card()};
    head.card.classes = {"cat", "dog", "owl"};
    return keep("classes", head);
  }
  heads::SegmentHead segment_head(int64_t layers) const {
    heads::SegmentHead head = heads::make_segment_head(32, layers, 5, 7);
    for (auto& [name, tensor] : head.weights)
      if (name == "conv_seg.weight") tensor = torch::randn(tensor.sizes()) * 0.4;
    return head;
  }
  fs::path masks(const heads::SegmentHead& head, heads::HeadCard card) const {
    return keep("masks", {.head = head, .card = std::move(card)});
  }
  heads::DepthHead depth_head() const {
    return heads::make_depth_head({.embed_dim = 32, .layers = 4, .bins = 16}, 8);
  }
  fs::path depth(const heads::DepthHead& head) const {
    heads::Head file{.head = head, .card = card()};
    file.card.norm = false;
    return keep("depth", file);
  }

  static image::Image picture(int width, int height, uint64_t seed = 3) {
    Random random(seed);
    image::Image small(width / 6 + 1, height / 6 + 1);
    for (auto& value : small.pixels) value = static_cast<uint8_t>(random.uniform() * 256);
    return image::resize(small, width, height);
  }
  std::vector<model::IntermediateLayer> layers(const image::Image& shown,
                                               std::vector<int64_t> blocks,
                                               bool reshape,
                                               bool norm) {
    const torch::NoGradGuard frozen;
    Tensor planes = torch::empty({1, 3, shown.height, shown.width});
    image::normalize_to(shown, planes.data_ptr<float>());
    return network_->get_intermediate_layers(
        planes, {.blocks = std::move(blocks), .reshape = reshape, .norm = norm});
  }
  static image::Image whole(const image::Image& picture, int size = kSize) {
    return prepare(picture, {.resize = Resize::fit, .size = size, .patch = kPatch}).take(0);
  }
  static std::vector<Tensor> maps(const std::vector<model::IntermediateLayer>& layers) {
    std::vector<Tensor> out;
    for (const auto& layer : layers) out.push_back(layer.patches);
    return out;
  }
};

template <class Body>
std::string refusal(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::input);
    return error.what();
  }
  return "";
}

bool says(const std::string& sentence, const std::string& part) {
  return sentence.find(part) != std::string::npos;
}

TEST_F(PredictorTest, OnePassServesHeadsAsIfEachStoodAlone) {
  const auto segment = segment_head(2);
  const auto linear_depth = depth_head();
  const fs::path files[] = {classes(), masks(segment, card()), depth(linear_depth)};
  Predictor predictor(model_, {files[0], files[1], files[2]});
  ASSERT_EQ(predictor.count(), 3U);
  const image::Image shown = picture(61, 40);
  const auto said = predictor.predict(shown);

  const auto& classes = std::get<ClassPrediction>(said[0]);
  EXPECT_EQ(classes.classes, (std::vector<std::string>{"cat", "dog", "owl"}));
  const heads::Head head = heads::read_head(files[0]);
  const Tensor logits = heads::class_logits(
      std::get<heads::ClassHead>(head.head),
      heads::probe_features(layers(image::evaluation_crop(shown, kSize), {2, 3}, false, true)));
  EXPECT_LT(largest_difference(classes.probabilities, torch::softmax(logits, 1)), 2e-5);

  const auto& masks_said = std::get<MaskPrediction>(said[1]);
  EXPECT_EQ(masks_said.width, 61);
  EXPECT_EQ(masks_said.height, 40);
  EXPECT_EQ(masks_said.classes[4], "class 4");
  const Tensor by_hand =
      heads::segment_classes(segment, maps(layers(whole(shown), {2, 3}, true, true)), {40, 61});
  EXPECT_LT(apart(masks_said.labels, by_hand), 0.002) << "pixels between two equal classes";

  const auto& depth_said = std::get<DepthPrediction>(said[2]);
  EXPECT_EQ(depth_said.width, 61);
  const Tensor metres =
      heads::predict_depth(linear_depth, layers(whole(shown), {0, 1, 2, 3}, true, false), {40, 61});
  EXPECT_LT(largest_difference(depth_said.metres, metres), 1e-3);
  EXPECT_GT(metres.std().item<double>(), 0.01) << "there is something to compare";
}

TEST_F(PredictorTest, AHeadSaysTheSameAloneAndInCompany) {
  const fs::path segment = masks(segment_head(1), card()), metres = depth(depth_head());
  const image::Image shown = picture(50, 50);
  const auto together = Predictor(model_, {segment, metres}).predict(shown);
  const auto alone = Predictor(model_, {segment}).predict(shown);
  const auto& a = std::get<MaskPrediction>(together[0]).labels;
  const auto& b = std::get<MaskPrediction>(alone[0]).labels;
  size_t different = 0;
  for (size_t i = 0; i < a.size(); ++i) different += a[i] != b[i] ? 1 : 0;
  EXPECT_LT(different, a.size() / 500);
  EXPECT_GT(std::set<int32_t>(a.begin(), a.end()).size(), 1U);
}

TEST_F(PredictorTest, WindowsAreAveragedWhereTheyOverlap) {
  const auto head = depth_head();
  Predictor predictor(model_, {depth(head)}, {.window = 24, .stride = 16});
  const image::Image shown = picture(40, 24);
  const auto said = std::get<DepthPrediction>(predictor.predict(shown)[0]);
  Tensor sum = torch::zeros({1, 1, 24, 40}), count = torch::zeros({1, 1, 24, 40});
  for (const int left : {0, 16}) {
    const image::Image part =
        image::crop(shown, {.top = 0, .left = left, .height = 24, .width = 24});
    sum.narrow(3, left, 24)
        .add_(heads::predict_depth(head, layers(part, {0, 1, 2, 3}, true, false), {24, 24}));
    count.narrow(3, left, 24).add_(1);
  }
  EXPECT_LT(largest_difference(said.metres, sum / count), 1e-3);
}

TEST_F(PredictorTest, AWindowAsLargeAsThePictureChangesNothing) {
  const fs::path file = masks(segment_head(1), card());
  const image::Image shown = picture(48, 24);
  const auto plain = Predictor(model_, {file}, {.size = 24}).predict(shown);
  const auto window = Predictor(model_, {file}, {.size = 24, .window = 100}).predict(shown);
  EXPECT_EQ(std::get<MaskPrediction>(plain[0]).labels, std::get<MaskPrediction>(window[0]).labels);
}

TEST_F(PredictorTest, FlippedDepthOfAMirroredPictureIsTheMirror) {
  Predictor predictor(model_, {depth(depth_head())}, {.flip = true});
  const image::Image shown = picture(48, 24);
  const auto a = std::get<DepthPrediction>(predictor.predict(shown)[0]);
  const auto b = std::get<DepthPrediction>(predictor.predict(image::flip_horizontal(shown))[0]);
  for (int y = 0; y < 24; ++y)
    for (int x = 0; x < 48; ++x)
      ASSERT_NEAR(a.metres[static_cast<size_t>(48 * y + x)],
                  b.metres[static_cast<size_t>(48 * y + 47 - x)],
                  1e-3);
}

TEST_F(PredictorTest, ProbesSeeWhatTheyWereTrainedOn) {
  const auto mlp = heads::make_mlp_probe(64, 3, 8, 1);
  const auto attentive = heads::make_attentive_probe(32, 3, 4, 2);
  const fs::path files[] = {keep("mlp", {.head = mlp, .card = card()}),
                            keep("attentive", {.head = attentive, .card = card()})};
  const image::Image shown = picture(30, 44);
  const auto said = Predictor(model_, {files[0], files[1]}).predict(shown);
  const auto seen = layers(image::evaluation_crop(shown, kSize), {0, 1, 2, 3}, false, true);
  const Tensor probe = heads::probe_features(seen);
  EXPECT_LT(largest_difference(
                std::get<ClassPrediction>(said[0]).probabilities,
                torch::softmax(heads::probe_logits(mlp, heads::linear_input(probe, 1, true)), 1)),
            2e-5);
  EXPECT_LT(largest_difference(std::get<ClassPrediction>(said[1]).probabilities,
                               torch::softmax(heads::probe_logits(attentive, probe), 1)),
            2e-5);
}

TEST_F(PredictorTest, ConfidenceIsASoftmaxThatTheLabelWins) {
  Predictor predictor(model_, {masks(segment_head(1), card())}, {.confidence = true});
  const auto said = std::get<MaskPrediction>(predictor.predict(picture(32, 32))[0]);
  ASSERT_EQ(said.confidence.size(), said.labels.size());
  for (const float share : said.confidence) {
    ASSERT_GE(share, 0.2F) << "the largest of five";
    ASSERT_LE(share, 1.0F);
  }
}

TEST_F(PredictorTest, HeadsOfOtherNetworksAreRefusedInASentence) {
  heads::HeadCard other = card();
  other.embed_dim = 64;
  const fs::path wide =
      keep("wide", {.head = heads::make_segment_head(64, 1, 5, 7), .card = other});
  EXPECT_TRUE(says(refusal([&] { Predictor(model_, {wide}); }), "width"));
  heads::HeadCard deep = card();
  deep.blocks = {22, 23};
  const fs::path high = masks(segment_head(2), deep);
  const std::string sentence = refusal([&] { Predictor(model_, {high}); });
  EXPECT_TRUE(says(sentence, "number 24") && says(sentence, "has 4")) << sentence;
  heads::HeadCard patches = card();
  patches.patch_size = 14;
  const fs::path coarse = masks(segment_head(1), patches);
  EXPECT_TRUE(says(refusal([&] { Predictor(model_, {coarse}); }), "patches of 14"));
  EXPECT_TRUE(says(refusal([&] { Predictor(model_, {"dinov2_vits14_nyu_dtp_head"}); }),
                   "closest: dinov2_vits14_nyu_dpt_head"));
  const fs::path more = masks(segment_head(4), card());
  EXPECT_NO_THROW(Predictor(model_, {more}));
}

TEST_F(PredictorTest, OtherWeightsOfTheSameShapeAreAWarning) {
  heads::HeadCard other = card(), same = card();
  other.backbone_hash = "0123456789abcdef";
  same.backbone_hash = model_hash(model_);
  const fs::path file = masks(segment_head(1), other);
  testing::internal::CaptureStderr();
  Predictor(model_, {file});
  EXPECT_TRUE(says(testing::internal::GetCapturedStderr(), "other weights"));
  masks(segment_head(1), same);
  testing::internal::CaptureStderr();
  Predictor(model_, {file});
  EXPECT_FALSE(says(testing::internal::GetCapturedStderr(), "other weights"));
}

TEST_F(PredictorTest, FeaturesThatAreNotNumbersAreAnError) {
  const fs::path file = masks(segment_head(1), card());
  {
    const torch::NoGradGuard frozen;
    for (auto& named : network_->named_parameters())
      if (named.key() == "norm.weight") named.value()[3] = NAN;
  }
  model::write_backbone(model_, network_, kSize);
  Predictor predictor(model_, {file});
  EXPECT_TRUE(says(refusal([&] { predictor.predict(picture(24, 24)); }), "not finite"));
}

TEST_F(PredictorTest, SettingsTellWhatPredictionsDependOn) {
  const fs::path file = masks(segment_head(1), card());
  const std::string plain = Predictor(model_, {file}).settings();
  EXPECT_EQ(plain, Predictor(model_, {file}).settings());
  EXPECT_NE(plain, Predictor(model_, {file}, {.size = 48}).settings());
  EXPECT_NE(plain, Predictor(model_, {file}, {.window = 24}).settings());
  heads::HeadCard other = card();
  other.data = "something else";
  masks(segment_head(1), other);
  EXPECT_NE(plain, Predictor(model_, {file}).settings());
  EXPECT_EQ(nlohmann::json::parse(describe_head(file))["data"], "something else");
}

}  // namespace
}  // namespace troodon::infer
