#include "apply/label.hpp"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "../data/folder.hpp"
#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "datasets/depth.hpp"
#include "datasets/masks.hpp"
#include "formats/table.hpp"
#include "heads/head_file.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"
#include "image/plane.hpp"
#include "image/resize.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"
#include "troodon/interrupt.hpp"

namespace troodon::apply {
namespace {

constexpr int kPictures = 11;

/// A random network, one head of each kind, eleven pictures of several shapes and a broken one.
class LabelTest : public ::testing::Test {
 protected:
  data::Folder folder_;
  PredictOptions options_;

  void SetUp() override {
    torch::manual_seed(3);
    model::VitConfig config = model::arch_config("vit_32x4x2", 4);
    config.img_size = 24;
    model::VisionTransformer network(config);
    options_.model = folder_.path() / "model.safetensors";
    model::write_backbone(options_.model, network, 24);
    write_heads();
    for (int i = 0; i < kPictures; ++i) {
      image::Image small(5 + i % 3, 4 + i % 4);
      const torch::Tensor noise = torch::randint(0, 255, {std::ssize(small.pixels)}, torch::kByte);
      std::copy_n(noise.data_ptr<uint8_t>(), small.pixels.size(), small.pixels.begin());
      image::write(folder_.path() / "photos" / (i < 5 ? "a" : "b") /
                       fmt::format("{:02}.{}", i, i % 2 == 0 ? "png" : "jpg"),
                   image::resize(small, 30 + 3 * i, 50 - 2 * i));
    }
    folder_.put("photos/b/broken.jpg", "this is no picture");
    options_.input = folder_ / "photos";
    options_.out = folder_.path() / "out";
    options_.progress = ProgressStyle::none;
    options_.predictor.threads = 2;
  }
  fs::path head(const std::string& name) const { return folder_.path() / (name + ".safetensors"); }

  void write_heads() const {
    const heads::HeadCard card{.embed_dim = 32, .image_size = 24, .patch_size = 4};
    heads::Head kinds{.head = heads::ClassHead{.blocks = 1,
                                               .avgpool = false,
                                               .weight = torch::randn({7, 32}),
                                               .bias = torch::zeros({7})},
                      .card = card};
    kinds.card.classes = {"a, b", "c", "d", "e", "f", "g", "h"};
    heads::write_head(head("kinds"), kinds);
    auto segment = heads::make_segment_head(32, 1, 4, 7);
    segment.weights["conv_seg.weight"] = torch::randn({4, 32, 1, 1});
    heads::Head parts{.head = segment, .card = card};
    parts.card.classes = {"sky", "tree", "house: red", "water"};
    heads::write_head(head("parts"), parts);
    heads::Head depth{.head = heads::make_depth_head({.embed_dim = 32, .bins = 16}, 8),
                      .card = card};
    depth.card.norm = false;
    heads::write_head(head("depth"), depth);
  }
  std::string read(const std::string& name) const { return read_text(options_.out / name); }
  int64_t files(const std::string& name) const {
    int64_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(options_.out / name))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
};

Exit refusal(const PredictOptions& options) {
  try {
    predict_pictures(options);
  } catch (const Error& error) {
    return error.code();
  }
  return Exit::ok;
}

TEST_F(LabelTest, MasksAreWrittenInEveryFormatAndVocIsReadAgain) {
  options_.heads = {head("parts")};
  options_.formats = {"png", "overlay", "coco", "yolo", "voc"};
  const PredictResult done = predict_pictures(options_);
  EXPECT_EQ(done.pictures, kPictures + 1);
  EXPECT_EQ(done.bad_files.size(), 1U);
  for (const char* name : {"png",
                           "overlay",
                           "yolo/images/train",
                           "yolo/labels/train",
                           "voc/JPEGImages",
                           "voc/SegmentationClass"})
    EXPECT_EQ(files(name), kPictures) << name;
  EXPECT_NE(read("failed.txt").find("broken.jpg\t"), std::string::npos);
  EXPECT_NE(read("yolo/data.yaml").find("2: \"house: red\""), std::string::npos);

  const auto set = datasets::open_masks(options_.out / "voc", "train");
  EXPECT_EQ(set.classes, (std::vector<std::string>{"sky", "tree", "house: red", "water"}));
  ASSERT_EQ(set.items.size(), static_cast<size_t>(kPictures));
  std::set<int32_t> seen;
  for (const auto& item : set.items) {
    const auto picture = image::read(item.picture.path);
    ASSERT_TRUE(picture);
    const auto labels = datasets::read_classes(set, item, picture->width, picture->height);
    std::string name = item.mask.stem().string();
    name[1] = '/';
    const auto index = image::read_plane(options_.out / "png" / (name + ".png"));
    ASSERT_TRUE(index);
    EXPECT_TRUE(std::ranges::equal(labels, index->values));
    seen.insert(labels.begin(), labels.end());
  }
  EXPECT_GT(seen.size(), 1U) << "the masks say something";
}

TEST_F(LabelTest, DepthIsReadAgainInMetresAndMillimetres) {
  options_.heads = {head("depth")};
  options_.formats = {"color", "png16", "npy", "ply"};
  options_.intrinsics = {100, 100, 15, 12};
  predict_pictures(options_);
  for (const char* name : {"png16", "npy", "ply"}) EXPECT_EQ(files(name), kPictures) << name;
  EXPECT_EQ(files("color"), 2 * kPictures) << "with a legend each";
  datasets::DepthItem exact{.depth = options_.out / "npy/a/00.npy"};
  datasets::DepthItem rounded{.depth = options_.out / "png16/a/00.png"};
  const auto metres = datasets::read_depth(exact, 30, 50);
  const auto millimetres = datasets::read_depth(rounded, 30, 50);
  for (size_t i = 0; i < metres.size(); ++i) {
    ASSERT_NEAR(metres[i], millimetres[i], metres[i] > 65.5 ? 100 : 0.00051);
    ASSERT_GT(metres[i], 0);
  }
  EXPECT_NE(read("ply/a/00.ply").find("fx 100 fy 100 cx 15 cy 12: given"), std::string::npos);
}

TEST_F(LabelTest, ClassesBecomeATableAndSeveralHeadsHaveAFolderEach) {
  options_.heads = {head("kinds"), head("parts")};
  const PredictResult done = predict_pictures(options_);
  EXPECT_EQ(done.written,
            (std::vector<std::string>{"kinds/predictions.csv", "parts/overlay", "parts/png"}));
  const auto table = formats::parse_table(read("kinds/predictions.csv"), ',', "predictions.csv");
  ASSERT_EQ(table.rows.size(), static_cast<size_t>(kPictures));
  for (const auto& row : table.rows) {
    const double probability = formats::number_of(row[table.column("probability")]);
    EXPECT_GE(probability, 1.0 / 7);
    EXPECT_LE(probability, 1);
    EXPECT_EQ(std::ranges::count(row[table.column("top5")], ';'), 4);
    EXPECT_EQ(row[table.column("top5")].find(row[table.column("class")]), 0U);
  }
  EXPECT_EQ(table.rows[0][table.column("path")], "a/00.png");
}

TEST_F(LabelTest, WhatIsThereIsKeptAndOnlyTheRestIsComputed) {
  options_.heads = {head("parts")};
  options_.formats = {"png", "coco"};
  predict_pictures(options_);
  const std::string before = read("coco/annotations.json");
  fs::remove(options_.out / "png/b/07.png");
  fs::remove(options_.input + "/b/broken.jpg");
  const PredictResult again = predict_pictures(options_);
  EXPECT_EQ(again.computed, 1);
  EXPECT_EQ(again.kept, kPictures - 1);
  EXPECT_EQ(read("coco/annotations.json"), before);
  EXPECT_FALSE(fs::exists(options_.out / "failed.txt")) << "nothing is broken any more";
  options_.overwrite = true;
  EXPECT_EQ(predict_pictures(options_).computed, kPictures);
  options_.overwrite = false;
  options_.formats = {"png"};
  EXPECT_EQ(predict_pictures(options_).kept, kPictures) << "fewer formats are there already";
  options_.predictor.size = 48;
  EXPECT_EQ(refusal(options_), Exit::usage) << "other settings";
}

TEST_F(LabelTest, AStoppedCallGoesOnAndEndsWithTheSameBytes) {
  options_.heads = {head("parts")};
  options_.formats = {"png", "coco"};
  predict_pictures(options_);
  const std::string whole = read("coco/annotations.json");
  fs::remove_all(options_.out);
  // Parts that an earlier, killed call left.
  interrupt();
  EXPECT_TRUE(predict_pictures(options_).interrupted);
  EXPECT_FALSE(fs::exists(options_.out / "coco/annotations.json"));
  clear_interrupt();
  const PredictResult again = predict_pictures(options_);
  EXPECT_FALSE(again.interrupted);
  EXPECT_EQ(read("coco/annotations.json"), whole);
  EXPECT_FALSE(fs::exists(options_.out / ".parts"));
}

TEST_F(LabelTest, WhatCannotBeDoneIsRefusedBeforeTheWork) {
  options_.heads = {head("kinds")};
  options_.formats = {"png"};
  EXPECT_EQ(refusal(options_), Exit::usage) << "no masks here";
  options_.formats.clear();
  options_.strict = true;
  EXPECT_EQ(refusal(options_), Exit::input) << "the broken picture";
  options_.heads = {head("kinds"), head("kinds")};
  EXPECT_EQ(refusal(options_), Exit::usage) << "of one name";
  options_.heads = {head("parts")};
  options_.dry_run = true;
  const fs::path out = options_.out = folder_.path() / "never";
  EXPECT_EQ(predict_pictures(options_).computed, kPictures + 1);
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace troodon::apply
