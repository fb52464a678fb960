#include <cmath>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/tensor_file.hpp"
#include "exports/datasets.hpp"
#include "exports/depth.hpp"
#include "exports/rle.hpp"
#include "image/decode.hpp"
#include "image/plane.hpp"

namespace troodon::exports {
namespace {

std::span<const std::byte> bytes_in(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// Blobs of four classes and some pixels without a class, of any shape that discs make.
std::vector<int32_t> blobs(int width, int height, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> out(static_cast<size_t>(width) * height, 0);
  for (int blob = 0; blob < 14; ++blob) {
    const double x = random.uniform() * width, y = random.uniform() * height;
    const double radius = 2 + random.uniform() * 14, squeeze = 0.4 + random.uniform();
    for (int v = 0; v < height; ++v)
      for (int u = 0; u < width; ++u)
        if (std::hypot(u - x, (v - y) * squeeze) < radius)
          out[static_cast<size_t>(v) * width + u] = blob % 5 - 1;
  }
  return out;
}

std::vector<uint8_t> painted(const std::vector<uint32_t>& counts, int width, int height) {
  std::vector<uint8_t> out(static_cast<size_t>(width) * height);
  size_t at = 0;
  for (size_t i = 0; i < counts.size(); ++i)
    for (uint32_t n = 0; n < counts[i]; ++n, ++at)
      out[at % height * width + at / height] = static_cast<uint8_t>(i % 2);
  EXPECT_EQ(at, out.size());
  return out;
}

TEST(RunLengths, FollowColumnsAndBeginOutside) {
  const std::vector<int32_t> labels = {1,
                                       0,
                                       1,  //
                                       1,
                                       1,
                                       0};
  const auto counts = run_lengths({3, 2, labels});
  EXPECT_EQ(counts.at(1), (std::vector<uint32_t>{0, 2, 1, 2, 1}));
  EXPECT_EQ(counts.at(0), (std::vector<uint32_t>{2, 1, 2, 1}));
}

TEST(RunLengths, PaintTheMaskAgainAndSurviveCompression) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const int width = 61, height = 47;
    const auto labels = blobs(width, height, seed);
    for (const auto& [label, counts] : run_lengths({width, height, labels})) {
      EXPECT_GE(label, 0);
      EXPECT_EQ(uncompressed(compressed(counts)), counts) << "seed " << seed;
      const auto again = painted(counts, width, height);
      for (size_t i = 0; i < again.size(); ++i) ASSERT_EQ(again[i] != 0, labels[i] == label);
    }
  }
  EXPECT_THROW(uncompressed("\x01"), Error);
  EXPECT_THROW(uncompressed("o"), Error) << "goes on, but ends";
}

TEST(VocColours, AreThoseOfTheDevkit) {
  EXPECT_EQ(voc_colours()[0], (Colour{0, 0, 0}));
  EXPECT_EQ(voc_colours()[1], (Colour{128, 0, 0}));
  EXPECT_EQ(voc_colours()[15], (Colour{192, 128, 128}));
  EXPECT_EQ(voc_colours()[20], (Colour{0, 64, 128}));
  EXPECT_EQ(voc_colours()[255], (Colour{224, 224, 192}));
}

TEST(IndexPng, HoldsNumbersAndShowsColours) {
  const std::vector<int32_t> labels = {0, 1, 20, -1};
  const std::string file = index_png({2, 2, labels}, 21);
  const auto plane = image::decode_plane(bytes_in(file));
  ASSERT_TRUE(plane);
  EXPECT_EQ(plane->values, (std::vector<uint16_t>{0, 1, 20, 255}));
  const auto seen = image::decode(bytes_in(file));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->row(0)[3], 128);
  const std::vector<int32_t> many = {0, 300, 40000, -1};
  const std::string wide = index_png({2, 2, many}, 40001);
  const auto numbers = image::decode_plane(bytes_in(wide));
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->values, (std::vector<uint16_t>{0, 300, 40000, 65535}));
}

TEST(Overlay, KeepsThePictureWhereNoClassIs) {
  image::Image picture(3, 1);
  for (auto& value : picture.pixels) value = 100;
  const std::vector<int32_t> labels = {-1, 1, 1};
  const auto out = overlay(picture, {3, 1, labels}, 0.5);
  EXPECT_EQ(out.row(0)[0], 100);
  EXPECT_EQ(out.row(0)[6], 114) << "halfway to 128";
  EXPECT_EQ(out.row(0)[7], 50) << "halfway to 0";
  EXPECT_THROW(overlay(picture, {1, 3, labels}), Error);
}

double iou(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  double both = 0, either = 0;
  for (size_t i = 0; i < a.size(); ++i)
    both += a[i] != 0 && b[i] != 0, either += a[i] != 0 || b[i] != 0;
  return both / either;
}

TEST(Regions, OutlinesWithoutToleranceEncloseExactlyTheirPixels) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const int width = 53, height = 41;
    const auto labels = blobs(width, height, seed);
    std::vector<int32_t> painted(labels.size(), -1);
    for (const Region& region : regions_of({width, height, labels}, {.tolerance = 0})) {
      std::vector<Ring> rings = region.holes;
      rings.push_back(region.outline);
      const auto inside = filled(rings, width, height);
      int64_t area = 0;
      for (size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == 0) continue;
        ASSERT_EQ(painted[i], -1) << "two regions claim a pixel, seed " << seed;
        painted[i] = region.label, ++area;
      }
      EXPECT_EQ(area, region.area);
      EXPECT_EQ(filled({joined(region)}, width, height), inside) << "holes survive the cuts";
    }
    for (size_t i = 0; i < labels.size(); ++i) ASSERT_EQ(painted[i], std::max(labels[i], -1));
  }
}

Ring enlarged(Ring ring, double scale) {
  for (Point& point : ring) point = {scale * point.x, scale * point.y};
  return ring;
}

TEST(Regions, SimplifiedOutlinesAreShorterAndCoverTheirPixels) {
  size_t exact_points = 0, points = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const int width = 120, height = 90;
    const auto labels = blobs(width, height, seed);
    const auto exact = regions_of({width, height, labels}, {.tolerance = 0});
    const auto simple = regions_of({width, height, labels}, {});
    ASSERT_EQ(exact.size(), simple.size());
    for (size_t i = 0; i < exact.size(); ++i) {
      const auto all = joined(exact[i]), few = joined(simple[i]);
      exact_points += all.size(), points += few.size();
      EXPECT_GE(iou(filled({all}, width, height), filled({few}, width, height)),
                exact[i].area < 100 ? 0.8 : 0.95)
          << "area " << exact[i].area << ", seed " << seed;
      EXPECT_GE(iou(filled({enlarged(all, 10)}, 10 * width, 10 * height),
                    filled({enlarged(few, 10)}, 10 * width, 10 * height)),
                0.95)
          << "area " << exact[i].area << ", seed " << seed;
    }
  }
  EXPECT_LT(points * 3, exact_points * 2);
}

TEST(Regions, DiagonalNeighboursAreTwoRegionsAndASlopeIsOneLine) {
  const std::vector<int32_t> corner = {0, -1, -1, 0};
  EXPECT_EQ(regions_of({2, 2, corner}).size(), 2U);
  std::vector<int32_t> slope(20 * 20, -1);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x <= y; ++x) slope[static_cast<size_t>(20 * y + x)] = 3;
  const auto regions = regions_of({20, 20, slope});
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_EQ(regions[0].area, 210);
  EXPECT_LE(regions[0].outline.size(), 6U) << "a triangle, with its tips";
}

TEST(Coco, AnnotationsSayAreaAndBox) {
  const std::vector<int32_t> labels = {-1,
                                       2,
                                       2,  //
                                       -1,
                                       2,
                                       -1};
  const auto annotations = coco_annotations({3, 2, labels});
  ASSERT_EQ(annotations.size(), 1U);
  const auto json = nlohmann::json::parse(annotations[0]);
  EXPECT_EQ(json["category_id"], 3);
  EXPECT_EQ(json["area"], 3);
  EXPECT_EQ(json["bbox"], (std::vector<int>{1, 0, 2, 2}));
  EXPECT_EQ(json["segmentation"]["size"], (std::vector<int>{2, 3}));
  EXPECT_EQ(uncompressed(json["segmentation"]["counts"].get<std::string>()),
            (std::vector<uint32_t>{2, 3, 1}));
}

TEST(Yolo, SharesLieInThePictureAndSpecksAreLeftOut) {
  std::vector<int32_t> labels(100, -1);
  for (int y = 2; y < 6; ++y)
    for (int x = 1; x < 9; ++x) labels[static_cast<size_t>(10 * y + x)] = 4;
  labels[99] = 1;
  EXPECT_EQ(yolo_labels({10, 10, labels}), "4 0.1 0.2 0.9 0.2 0.9 0.6 0.1 0.6\n");
  EXPECT_EQ(yolo_labels({10, 10, labels}, {.min_area = 1}).find("\n1 0.9 0.9"), 33U);
}

TEST(FileStems, NeverMeetAndNeverLeaveTheFolder) {
  EXPECT_EQ(file_stems({"a/x.jpg", "a/x.png", "b.jpg"}, false),
            (std::vector<std::string>{"a/x.jpg", "a/x.png", "b"}));
  EXPECT_EQ(file_stems({"a/x.jpg", "a_x.jpg"}, true),
            (std::vector<std::string>{"a_x.jpg", "a_x.jpg_2"}));
  EXPECT_EQ(file_stems({"../../etc/x.jpg", "/root/y.jpg"}, false),
            (std::vector<std::string>{"etc/x", "root/y"}));
}

TEST(DepthPicture, NearIsWarmAndLightFarIsColdAndDark) {
  const std::vector<float> metres = {1, 2, 4, 0, NAN};
  const Depth depth{5, 1, metres};
  const DepthRange range = range_of(depth);
  EXPECT_EQ(range.near, 1);
  EXPECT_EQ(range.far, 4);
  const auto out = depth_picture(depth, range);
  const uint8_t* pixels = out.row(0);
  EXPECT_GT(pixels[0], pixels[2]) << "near: more red than blue";
  EXPECT_LT(pixels[6], pixels[8]) << "far: more blue than red";
  EXPECT_GT(pixels[0] + pixels[1] + pixels[2], pixels[3] + pixels[4] + pixels[5]);
  EXPECT_EQ(pixels[9] + pixels[10] + pixels[11] + pixels[12], 0) << "unknown is black";
  const auto legend = nlohmann::json::parse(depth_legend(range));
  EXPECT_EQ(legend["near"], 1);
  EXPECT_NEAR(legend["colours"][4]["metres"].get<double>(), 2, 1e-6);
}

TEST(DepthFiles, HoldMillimetresAndMetres) {
  const std::vector<float> metres = {0.0004F, 1.2344F, 70, 0};
  const Depth depth{2, 2, metres};
  const std::string file = depth_png16(depth);
  const auto plane = image::decode_plane(bytes_in(file));
  ASSERT_TRUE(plane);
  EXPECT_EQ(plane->values, (std::vector<uint16_t>{1, 1234, 65534, 0}));
  const fs::path path = fs::temp_directory_path() / fmt::format("troodon_depth_{}.npy", getpid());
  write_depth(path, depth);
  const NpyFile again = read_npy(path);
  EXPECT_EQ(again.view.shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(again.view.as<float>()[1], 1.2344F);
  fs::remove(path);
}

TEST(PointCloud, PutsPixelsWhereTheCameraSawThem) {
  const Camera camera = camera_of_view(4, 2, 90);
  EXPECT_NEAR(camera.fx, 2, 1e-9);
  EXPECT_EQ(camera.cx, 1.5);
  const std::vector<float> metres = {2, 0, 0, 2, 0, 0, 0, 4};
  image::Image picture(4, 2);
  picture.row(1)[9] = 200;
  const std::string file = point_cloud({4, 2, metres}, picture, camera);
  EXPECT_NE(file.find("element vertex 3\n"), std::string::npos);
  EXPECT_NE(file.find("field of view of 90 degrees"), std::string::npos);
  const size_t start = file.find("end_header\n") + 11;
  ASSERT_EQ(file.size() - start, 45U);
  std::array<float, 3> last{};
  std::memcpy(last.data(), file.data() + start + 30, 12);
  EXPECT_EQ(last, (std::array<float, 3>{3, 1, 4}));
  EXPECT_EQ(static_cast<uint8_t>(file[start + 42]), 200);
  EXPECT_THROW(camera_of_view(4, 2, 180), Error);
  EXPECT_THROW(point_cloud({4, 2, metres}, image::Image(2, 4), camera), Error);
}

}  // namespace
}  // namespace troodon::exports
