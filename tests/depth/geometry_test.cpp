#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/tensor_file.hpp"
#include "depth/cloud.hpp"
#include "depth/normals.hpp"
#include "depth/smooth.hpp"

namespace troodon::depth {
namespace {

const exports::Camera kCamera{.fx = 40, .fy = 50, .cx = 15.5, .cy = 11.5, .origin = "given"};

/// Depth of the plane n . p = -distance, n towards the camera.
std::vector<float> plane(int width, int height, const std::array<double, 3>& n, double distance) {
  std::vector<float> out;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      out.push_back(static_cast<float>(-distance / (n[0] * (x - kCamera.cx) / kCamera.fx +
                                                    n[1] * (y - kCamera.cy) / kCamera.fy + n[2])));
  return out;
}

image::Image noise(int width, int height) {
  image::Image out(width, height);
  Random random(1);
  for (uint8_t& value : out.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
  return out;
}

TEST(Normals, OfPlanesAreTheirs) {
  for (const std::array<double, 3> n : {std::array{0.0, 0.0, -1.0},
                                        std::array{0.48, 0.0, -0.8773},
                                        std::array{-0.2, -0.6, -0.7746}}) {
    const auto metres = plane(32, 24, n, 2);
    const auto said = normals({32, 24, metres}, kCamera);
    for (size_t i = 0; i < metres.size(); ++i)
      for (size_t k = 0; k < 3; ++k)
        ASSERT_NEAR(said[3 * i + k], n[k], 2e-3) << i;  // float32 depth
  }
}

TEST(Normals, KeepTheirSideOfAnEdge) {
  std::vector<float> metres(32 * 24, 2);
  for (size_t y = 0; y < 24; ++y)
    for (size_t x = 16; x < 32; ++x) metres[y * 32 + x] = 5;
  const auto said = normals({32, 24, metres}, kCamera);
  for (size_t i = 0; i < metres.size(); ++i) EXPECT_NEAR(said[3 * i + 2], -1, 1e-5) << i;
}

TEST(Normals, FaceTheCameraAndAreZeroWhereNothingIsKnown) {
  Random random(3);
  std::vector<float> metres(32 * 24);
  for (float& value : metres)
    value = random.chance(0.3) ? 0.0F : static_cast<float>(random.uniform(1, 4));
  const auto said = normals({32, 24, metres}, kCamera);
  int known = 0;
  for (size_t i = 0; i < metres.size(); ++i) {
    const double x = said[3 * i], y = said[3 * i + 1], z = said[3 * i + 2];
    const double length = std::sqrt(x * x + y * y + z * z);
    if (metres[i] == 0) {
      EXPECT_EQ(length, 0);
    }
    if (length == 0) continue;
    ++known;
    const double u = (static_cast<double>(i % 32) - kCamera.cx) / kCamera.fx,
                 v = (static_cast<double>(i / 32) - kCamera.cy) / kCamera.fy;
    EXPECT_NEAR(length, 1, 1e-5);
    EXPECT_LE(x * u + y * v + z, 1e-5);
  }
  EXPECT_GT(known, 300);
}

TEST(NormalsPicture, ShowsRightAsRedUpAsGreenTowardsAsBlue) {
  const std::vector<float> said = {1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0};
  EXPECT_EQ(normals_picture(said, 4, 1).pixels,
            (std::vector<uint8_t>{255, 128, 128, 128, 255, 128, 128, 128, 255, 0, 0, 0}));
}

TEST(Cloud, OfAllPixelsIsWhatExportsWrites) {
  auto metres = plane(32, 24, {0.48, 0, -0.8773}, 2);
  metres[5] = 0, metres[70] = NAN;
  const auto picture = noise(32, 24);
  const Cloud cloud = cloud_of({32, 24, metres}, picture, kCamera);
  EXPECT_EQ(cloud.count(), 32U * 24 - 2);
  EXPECT_EQ(ply_of(cloud, kCamera), exports::point_cloud({32, 24, metres}, picture, kCamera));
}

TEST(Cloud, HasAtMostSoManyPointsSpreadOverThePicture) {
  const std::vector<float> metres(320 * 200, 2);
  const auto picture = noise(320, 200);
  const Cloud cloud = cloud_of({320, 200, metres}, picture, kCamera, {.most = 1000});
  EXPECT_LE(cloud.count(), 1000U);
  EXPECT_GT(cloud.count(), 900U);
  std::array<int, 4> quarters{};
  for (size_t i = 0; i < cloud.count(); ++i) {
    const double x = cloud.places[3 * i] * kCamera.fx / 2 + kCamera.cx,
                 y = cloud.places[3 * i + 1] * kCamera.fy / 2 + kCamera.cy;
    ++quarters[(x < 160 ? 0 : 1) + (y < 100 ? 0 : 2)];
  }
  for (const int count : quarters) EXPECT_NEAR(count, 240, 40);
}

TEST(Cloud, LeavesOutWhatHangsBetweenThingsAndWhatIsTooFar) {
  std::vector<float> metres(10, 1);
  metres[4] = 2, metres[5] = 3, metres[6] = 3, metres[7] = 3, metres[8] = 3, metres[9] = 9;
  const auto picture = noise(10, 1);
  const Cloud cloud =
      cloud_of({10, 1, metres}, picture, kCamera, {.range = {0.5, 4}, .edges = 0.1});
  std::vector<float> depths;
  for (size_t i = 0; i < cloud.count(); ++i) depths.push_back(cloud.places[3 * i + 2]);
  EXPECT_EQ(depths, (std::vector<float>{1, 1, 1, 3, 3}));
}

TEST(Points, BeginWithTheirNumberAndLieOneKindAfterTheOther) {
  const std::vector<float> metres = {1, 2};
  const std::string bytes = points_of(cloud_of({2, 1, metres}, noise(2, 1), kCamera));
  ASSERT_EQ(bytes.size(), 4U + 2 * 12 + 2 * 3);
  uint32_t count = 0;
  float forward = 0;
  std::memcpy(&count, bytes.data(), 4);
  std::memcpy(&forward, bytes.data() + 4 + 12 + 8, 4);
  EXPECT_EQ(count, 2U);
  EXPECT_EQ(forward, 2);
  EXPECT_EQ(static_cast<uint8_t>(bytes[28]), noise(2, 1).pixels[0]);
}

TEST(Smoother, TakesOutFlickerButFollowsJumps) {
  Smoother smoother({.keep = 0.5, .jump = 0.25});
  Map said = smoother.next({2, 1, {2, 1}});
  EXPECT_EQ(said.metres, (std::vector<float>{2, 1}));
  said = smoother.next({2, 1, {2.2F, 3}});
  EXPECT_NEAR(said.metres[0], std::sqrt(2 * 2.2), 1e-6);
  EXPECT_EQ(said.metres[1], 3);
  said = smoother.next({1, 1, {9}});
  EXPECT_EQ(said.metres, (std::vector<float>{9}));
}

}  // namespace
}  // namespace troodon::depth
