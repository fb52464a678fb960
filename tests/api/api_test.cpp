#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "../data/folder.hpp"
#include "../run/small_run.hpp"
#include "exit_code.hpp"
#include "heads/head_file.hpp"
#include "image/decode.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"
#include "troodon/troodon.hpp"

namespace troodon {
namespace {

/// A random network of patch 4 and 16 pixels on disk, and ten pictures.
class ApiTest : public ::testing::Test {
 protected:
  data::Folder folder_;
  fs::path model_ = folder_.path() / "model.safetensors";

  void SetUp() override {
    model::VitConfig config = model::arch_config("vit_32x3x2", 4);
    config.img_size = 16;
    model::VisionTransformer network(config);
    model::write_backbone(model_, network);
    run::put_pictures(folder_, 10, 3);
  }
  fs::path picture(int i) const { return folder_.path() / (std::to_string(i) + ".png"); }
};

TEST_F(ApiTest, FileBytesAndPixelsOfOnePictureGiveTheSameFeatures) {
  Embedder embedder(model_);
  const std::vector<float> from_file = embedder.embed(picture(0));
  EXPECT_EQ(from_file.size(), 32U);
  const auto bytes = read_bytes(picture(0));
  EXPECT_EQ(embedder.embed(Encoded{bytes}), from_file);
  const auto decoded = image::read(picture(0));
  ASSERT_TRUE(decoded);
  const auto& image = *decoded;
  EXPECT_EQ(embedder.embed(Pixels{image.pixels.data(), image.width, image.height}), from_file);
  // The same rows with padding between them.
  const ptrdiff_t wide = 3 * image.width + 7;
  std::vector<uint8_t> padded(static_cast<size_t>(wide * image.height));
  for (int y = 0; y < image.height; ++y)
    std::copy_n(image.row(y), 3 * image.width, padded.data() + y * wide);
  EXPECT_EQ(embedder.embed(Pixels{padded.data(), image.width, image.height, wide}), from_file);
}

TEST_F(ApiTest, ABatchEqualsTheFileThatExtractFeaturesWrites) {
  const fs::path out = folder_.path() / "features.safetensors";
  const fs::path list = folder_.path() / "list.txt";
  std::string lines;
  std::vector<Picture> pictures;
  for (int i = 0; i < 10; ++i) {
    lines += picture(i).string() + "\n";
    pictures.emplace_back(picture(i));
  }
  write_atomically(list, lines);
  const FeaturesResult done =
      extract_features({.model = model_, .input = list.string(), .out = out});
  EXPECT_EQ(done.rows, 10);
  EXPECT_EQ(read_features(out).values, Embedder(model_).embed_batch(pictures));
}

TEST_F(ApiTest, ShapesAreWhatTheOutputPromises) {
  const auto shape = [&](Output output) {
    Embedder embedder(model_, {.output = output, .layers = 2});
    size_t size = 1;
    for (const int64_t side : embedder.item_shape()) size *= static_cast<size_t>(side);
    EXPECT_EQ(embedder.embed(picture(1)).size(), size);
    return embedder.item_shape();
  };
  EXPECT_EQ(shape(Output::cls), (std::vector<int64_t>{32}));
  EXPECT_EQ(shape(Output::pooled), (std::vector<int64_t>{64}));
  EXPECT_EQ(shape(Output::patches), (std::vector<int64_t>{16, 32}));
  EXPECT_EQ(shape(Output::layers), (std::vector<int64_t>{2, 32}));
}

TEST_F(ApiTest, ThreadsMayShareAnEmbedder) {
  Embedder embedder(model_, {.threads = 1});
  const auto wanted = embedder.embed(picture(2));
  std::atomic<int> equal = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] { equal += embedder.embed(picture(2)) == wanted; });
  }
  EXPECT_EQ(equal, 4);
}

TEST_F(ApiTest, FailuresCarryTheExitCode) {
  Embedder embedder(model_);
  EXPECT_EQ(code_of([&] { Embedder("/nowhere"); }), Exit::input);
  EXPECT_EQ(code_of([&] { Embedder(model_, {.size = 17}); }), Exit::usage);
  EXPECT_EQ(code_of([&] { embedder.embed(folder_.path() / "none.png"); }), Exit::input);
  EXPECT_EQ(code_of([&] { embedder.embed(Encoded{}); }), Exit::input);
  EXPECT_EQ(code_of([&] { embedder.embed(Pixels{}); }), Exit::input);
  const Features two{.rows = 2, .dim = 2, .values = {1, 0, 0}};
  EXPECT_EQ(code_of([&] { nearest(two, two); }), Exit::input);
  EXPECT_EQ(code_of([&] { pretrain({.data = "/nowhere", .out = folder_.path() / "run"}); }),
            Exit::input);
}

TEST_F(ApiTest, HeadsSayWhatIsInAPictureHoweverItIsGiven) {
  const fs::path file = folder_.path() / "parts.safetensors";
  auto segment = heads::make_segment_head(32, 1, 3, 4);
  segment.weights["conv_seg.weight"] = torch::randn({3, 32, 1, 1});
  heads::write_head(file, {segment, {.embed_dim = 32, .classes = {"a", "b", "c"}}});
  Predictor predictor(model_, {file}, {.confidence = true});
  const auto said = predictor.predict(picture(0));
  ASSERT_EQ(said.size(), 1U);
  const auto& masks = std::get<MaskPrediction>(said[0]);
  const auto decoded = image::read(picture(0));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(masks.width, decoded->width);
  EXPECT_EQ(masks.labels.size(), decoded->pixels.size() / 3);
  EXPECT_EQ(masks.confidence.size(), masks.labels.size());
  EXPECT_EQ(masks.classes, (std::vector<std::string>{"a", "b", "c"}));
  const auto pixels =
      predictor.predict(Pixels{decoded->pixels.data(), decoded->width, decoded->height});
  EXPECT_EQ(std::get<MaskPrediction>(pixels[0]).labels, masks.labels);

  const PredictPicturesOptions folder{.model = model_,
                                      .heads = {file},
                                      .input = picture(0).string(),
                                      .out = folder_.path() / "out",
                                      .formats = {"png"}};
  EXPECT_EQ(predict_pictures(folder).computed, 1);
  EXPECT_EQ(predict_pictures(folder).kept, 1);
  EXPECT_TRUE(fs::exists(folder.out / "png" / "0.png"));
}

TEST_F(ApiTest, AnInterruptedBatchSaysSo) {
  Embedder embedder(model_);
  interrupt();
  EXPECT_TRUE(interrupted());
  try {
    embedder.embed(picture(0));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::interrupted);
  }
  clear_interrupt();
  EXPECT_EQ(embedder.embed(picture(0)).size(), 32U);
}

TEST_F(ApiTest, AListenerHearsEachStepAndMayEndTheRun) {
  TrainOptions options{.data = folder_.path().string(),
                       .out = folder_.path() / "run",
                       .settings = {"student.arch=vit_32x2x2",
                                    "student.patch_size=4",
                                    "crops.global_crops_size=16",
                                    "crops.local_crops_size=8",
                                    "troodon.image_size=16",
                                    "train.batch_size_per_gpu=4",
                                    "dino.head_n_prototypes=16",
                                    "optim.epochs=1",
                                    "optim.warmup_epochs=0",
                                    "teacher.warmup_teacher_temp_epochs=0",
                                    "train.OFFICIAL_EPOCH_LENGTH=3"}};
  std::vector<int64_t> steps;
  options.on_step = [&](const TrainProgress& now) {
    steps.push_back(now.step);
    EXPECT_EQ(now.last, 3);
    EXPECT_GT(now.total_loss, 0);
  };
  const TrainResult done = pretrain(options);
  EXPECT_EQ(steps, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_FALSE(done.interrupted);
  EXPECT_EQ(Embedder(done.model).item_shape(), (std::vector<int64_t>{32}));

  options.overwrite = true;
  options.on_step = [](const TrainProgress&) { throw 42; };
  EXPECT_THROW(pretrain(options), int);
  options.on_step = [](const TrainProgress& now) {
    if (now.step == 2) interrupt();
  };
  const TrainResult stopped = pretrain(options);
  clear_interrupt();
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_EQ(stopped.steps, 2);
}

TEST(Nearest, TheOppositeIsFarAndLengthDoesNotMatter) {
  const Features base{.rows = 3, .dim = 2, .values = {1, 0, 0, 5, -1, 0}};
  const Features query{.rows = 1, .dim = 2, .values = {3, 0.1F}};
  const Neighbours found = nearest(query, base, {.k = 3});
  EXPECT_EQ(found.index, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_NEAR(found.score[0], 3 / std::sqrt(9.01), 1e-6);
}

}  // namespace
}  // namespace troodon
