#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/tensor_file.hpp"
#include "datasets/clips.hpp"
#include "datasets/copies.hpp"
#include "datasets/depth.hpp"
#include "datasets/keypoints.hpp"
#include "datasets/landmarks.hpp"
#include "datasets/masks.hpp"
#include "image/encode.hpp"
#include "image/plane.hpp"

namespace troodon::datasets {
namespace {

/// A folder that goes away with the test.
struct Folder {
  fs::path path = fs::temp_directory_path() /
                  fmt::format("troodon_datasets_{}_{}",
                              getpid(),
                              testing::UnitTest::GetInstance()->current_test_info()->name());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }

  void text(const std::string& name, const std::string& content) const {
    write_atomically(path / name, content);
  }
  void picture(const std::string& name, int width, int height) const {
    write_atomically(path / name, image::encode_png(image::Image(width, height)));
  }
  void gray(const std::string& name, int width, int height, std::vector<uint8_t> values) const {
    write_atomically(path / name, image::encode_png_gray(values, width, height));
  }
};

/// The sentence with which something is refused.
template <class Body>
std::string refusal(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& sentence, const std::string& part) {
  return sentence.find(part) != std::string::npos;
}

Folder voc() {
  Folder folder;
  folder.picture("JPEGImages/a.png", 2, 2);
  folder.gray("SegmentationClass/a.png", 2, 2, {0, 1, 2, 255});
  folder.picture("JPEGImages/b.png", 2, 2);
  folder.gray("SegmentationClass/b.png", 2, 2, {0, 0, 1, 7});
  folder.text("ImageSets/Segmentation/train.txt", "a\n");
  folder.text("ImageSets/Segmentation/val.txt", "b\n");
  folder.text("classes.txt", "0 sky\n1 road sign\n2 void\n# 2 = void: ignore\n");
  return folder;
}

TEST(Masks, SplitsNamesAndIgnoredNumbersAreRead) {
  const Folder folder = voc();
  const MaskSet set = open_masks(folder.path, "train");
  ASSERT_EQ(set.items.size(), 1U);
  EXPECT_EQ(set.classes, (std::vector<std::string>{"sky", "road sign", "void"}));
  EXPECT_EQ(read_classes(set, set.items[0], 2, 2), (std::vector<int32_t>{0, 1, 255, 255}));
}

TEST(Masks, AValueWithoutAClassIsNamed) {
  const Folder folder = voc();
  const MaskSet set = open_masks(folder.path, "val");
  const auto sentence = refusal([&] { read_classes(set, set.items[0], 2, 2); });
  EXPECT_TRUE(says(sentence, "holds the value 7") && says(sentence, "classes.txt")) << sentence;
}

TEST(Masks, AMaskOfAnotherSizeIsRefusedWithBothSizes) {
  const Folder folder = voc();
  const MaskSet set = open_masks(folder.path, "train");
  const auto sentence = refusal([&] { read_classes(set, set.items[0], 3, 2); });
  EXPECT_TRUE(says(sentence, "2x2") && says(sentence, "3x2")) << sentence;
}

TEST(Masks, AFolderOfAnotherLayoutIsRefused) {
  const Folder folder;
  EXPECT_TRUE(says(refusal([&] { open_masks(folder.path); }), "SegmentationClass"));
}

TEST(Depth, StoredValuesBecomeMetresAndGapsZero) {
  const Folder folder;
  folder.picture("rgb.png", 2, 1);
  const std::vector<uint16_t> stored = {2500, 65535};
  write_atomically(folder.path / "d.png", image::encode_png_gray16(stored, 2, 1));
  folder.text("depth.csv",
              "rgb,depth,split,depth_scale_per_metre,fx fy cx cy\nrgb.png,d.png,val,500,5 6 1 2\n");
  const DepthSet set = open_depth(folder.path, {.split = "val"});
  ASSERT_EQ(set.items.size(), 1U);
  EXPECT_EQ(read_depth(set.items[0], 2, 1), (std::vector<double>{5, 0}));
  ASSERT_TRUE(set.items[0].camera.has_value());
  EXPECT_EQ(set.items[0].camera->fy, 6);
  EXPECT_TRUE(says(refusal([&] { open_depth(folder.path, {.split = "train"}); }), "no picture"));
  EXPECT_TRUE(says(refusal([&] { read_depth(set.items[0], 1, 1); }), "2x1"));
}

TEST(Depth, AnArrayOfMetresIsTakenAsItIs) {
  const Folder folder;
  folder.picture("rgb.png", 2, 1);
  const std::vector<float> metres = {1.5F, std::numeric_limits<float>::infinity()};
  write_npy(folder.path / "d.npy", {"", DType::f32, {1, 2}, bytes_of(metres)});
  folder.text("depth.csv", "rgb,depth\nrgb.png,d.npy\n");
  EXPECT_EQ(read_depth(open_depth(folder.path).items[0], 2, 1), (std::vector<double>{1.5, 0}));
}

TEST(Clips, FramesBeforeTheFirstMaskAreLeftOut) {
  const Folder folder;
  for (const char* frame : {"00000", "00001", "00002"})
    folder.picture(fmt::format("JPEGImages/480p/swan/{}.png", frame), 2, 1);
  folder.gray("Annotations/480p/swan/00001.png", 2, 1, {0, 255});
  const auto clips = open_clips(folder.path);
  ASSERT_EQ(clips.size(), 1U);
  EXPECT_EQ(clips[0].frames.size(), 2U);
  EXPECT_TRUE(clips[0].masks[1].empty());
  EXPECT_EQ(read_objects(clips[0].masks[0]).values, (std::vector<uint16_t>{0, 1}));
}

TEST(Clips, AmongSeveralObjects255MeansNothing) {
  const Folder folder;
  folder.gray("m.png", 3, 1, {1, 2, 255});
  EXPECT_EQ(read_objects(folder.path / "m.png").values, (std::vector<uint16_t>{1, 2, 0}));
}

TEST(Landmarks, TruthIsReadAndAPlaceBeyondTheListRefused) {
  const Folder folder;
  folder.picture("images/a.png", 1, 1);
  folder.picture("images/b.png", 1, 1);
  folder.text("gnd.json",
              R"({"imlist":["a","b"],"qimlist":["a"],"gnd":[{"easy":[1],"hard":[],"junk":[0]}]})");
  const Landmarks set = open_landmarks(folder.path);
  ASSERT_EQ(set.queries.size(), 1U);
  EXPECT_EQ(set.queries[0].easy, (std::vector<int64_t>{1}));
  folder.text("gnd.json", R"({"imlist":["a"],"qimlist":["a"],"gnd":[{"easy":[5]}]})");
  EXPECT_TRUE(says(refusal([&] { open_landmarks(folder.path); }), "names picture 5"));
}

TEST(Copies, EachOriginalIsOneReference) {
  const Folder folder;
  for (const char* name : {"o.png", "c1.png", "c2.png"}) folder.picture(name, 1, 1);
  folder.text("gnd.csv", "query,original,transform\nc1.png,o.png,jpeg\nc2.png,o.png,crop\n");
  const CopySet set = open_copies(folder.path);
  EXPECT_EQ(set.references.items.size(), 1U);
  EXPECT_EQ(set.original, (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(set.change[1], "crop");
}

TEST(Keypoints, HiddenPointsAreLeftOut) {
  const Folder folder;
  folder.picture("p/a.png", 9, 9);
  folder.picture("p/b.png", 9, 9);
  folder.text("p/points.csv", "x1,y1,x2,y2,part,visible\n1,2,3,4,0,1\n5,6,7,8,0,0\n2,2,6,4,0,1\n");
  folder.text("pairs.csv", "a,b,points\np/a.png,p/b.png,p/points.csv\n");
  const auto pairs = open_keypoints(folder.path);
  ASSERT_EQ(pairs.size(), 1U);
  ASSERT_EQ(pairs[0].first_points.size(), 2U);
  EXPECT_EQ(pairs[0].extent, 3);
}

TEST(Plane, PaletteIndicesAndSixteenBitsAreKept) {
  const Folder folder;
  const std::vector<uint16_t> deep = {0, 513, 65535, 7};
  write_atomically(folder.path / "deep.png", image::encode_png_gray16(deep, 2, 2));
  EXPECT_EQ(image::read_plane(folder.path / "deep.png")->values, deep);
  folder.text("small.pgm",
              std::string("P5\n# two\n2 1\n65535\n") + '\x02' + '\x01' + '\xff' + '\xfe');
  EXPECT_EQ(image::read_plane(folder.path / "small.pgm")->values,
            (std::vector<uint16_t>{513, 65534}));
  image::Image colours(1, 1);
  colours.pixels = {1, 2, 3};
  write_atomically(folder.path / "colours.png", image::encode_png(colours));
  EXPECT_TRUE(says(image::read_plane(folder.path / "colours.png").reason(), "colours"));
}

}  // namespace
}  // namespace troodon::datasets
