#include "index/pca.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "index/eigen.hpp"

namespace troodon::index {
namespace {

double dot(const double* a, const double* b, int64_t n) {
  return std::inner_product(a, a + n, b, 0.0);
}

/// Rows with the given standard deviations along two fixed orthogonal directions of `dim` axes.
std::vector<float> stretched(int64_t rows, int64_t dim, uint64_t seed) {
  Random random(seed);
  std::vector<float> out;
  for (int64_t i = 0; i < rows; ++i) {
    const double strong = 5 * random.normal(), weak = 2 * random.normal();
    for (int64_t d = 0; d < dim; ++d) {
      const double along = d == 0   ? strong * 0.6 - weak * 0.8
                           : d == 1 ? strong * 0.8 + weak * 0.6
                                    : 0;
      out.push_back(static_cast<float>(10 + along + 0.1 * random.normal()));
    }
  }
  return out;
}

TEST(Eigen, JacobiSolvesATwoByTwo) {
  const EigenPairs pairs = jacobi_eigenvectors({2, 1, 1, 2});
  EXPECT_NEAR(pairs.values[0], 3, 1e-12);
  EXPECT_NEAR(pairs.values[1], 1, 1e-12);
  EXPECT_NEAR(std::abs(pairs.vectors[0]), std::sqrt(0.5), 1e-12);
}

TEST(Eigen, SubspaceIterationFindsWhatJacobiFinds) {
  constexpr int64_t kSide = 60;
  Random random(3);
  std::vector<double> half(kSide * kSide), matrix(kSide * kSide);
  for (double& v : half) v = random.normal();
  for (int64_t i = 0; i < kSide; ++i) {
    for (int64_t j = 0; j < kSide; ++j)
      matrix[i * kSide + j] = dot(&half[i * kSide], &half[j * kSide], kSide);
  }
  const EigenPairs all = jacobi_eigenvectors(matrix), top = top_eigenvectors(matrix, 4);
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(top.values[i] / all.values[i], 1, 1e-10);
    EXPECT_NEAR(std::abs(dot(&top.vectors[i * kSide], &all.vectors[i * kSide], kSide)), 1, 1e-10);
  }
}

TEST(Eigen, ALowRankMatrixStillGivesAnOrthonormalBasis) {
  std::vector<double> matrix(40 * 40, 0.0);
  matrix[0] = 1;
  const EigenPairs top = top_eigenvectors(matrix, 3);
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t j = 0; j < 3; ++j)
      EXPECT_NEAR(dot(&top.vectors[i * 40], &top.vectors[j * 40], 40), i == j, 1e-9);
  }
  EXPECT_NEAR(top.values[1], 0, 1e-12);
}

TEST(Pca, FindsTheDirectionsOfSpread) {
  const auto rows = stretched(4000, 30, 1);
  const Pca pca = fit_pca({rows.data(), 4000, 30}, 2);
  EXPECT_NEAR(pca.components[0], 0.6, 0.03);
  EXPECT_NEAR(pca.components[1], 0.8, 0.03);
  EXPECT_NEAR(
      pca.components[30], 0.8, 0.03);  // (-0.8, 0.6), turned so that its largest entry is positive
  EXPECT_NEAR(std::sqrt(pca.variances[0]), 5, 0.3);
  EXPECT_NEAR(std::sqrt(pca.variances[1]), 2, 0.15);
  EXPECT_NEAR(pca.mean[7], 10, 0.05);
}

TEST(Pca, CoordinatesAreCentredAndHaveTheVariances) {
  const auto rows = stretched(500, 10, 2);
  const Pca pca = fit_pca({rows.data(), 500, 10}, 3);
  const auto at = pca.project({rows.data(), 500, 10});
  for (int64_t c = 0; c < 3; ++c) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < 500; ++i) {
      sum += at[i * 3 + c];
      square += at[i * 3 + c] * at[i * 3 + c];
    }
    EXPECT_NEAR(sum / 500, 0, 1e-5);
    EXPECT_NEAR(square / 499 / pca.variances[c], 1, 1e-5);
  }
}

TEST(Pca, RefusesWhatHasNoSpreadToFind) {
  const std::vector<float> one = {1, 2};
  EXPECT_THROW(fit_pca({one.data(), 1, 2}, 1), Error);
  const Pca pca = fit_pca({one.data(), 2, 1}, 3);
  EXPECT_EQ(pca.count(), 1);
  EXPECT_THROW(pca.project({one.data(), 1, 2}), Error);
}

TEST(Foreground, IsTheSideAwayFromTheEdges) {
  for (const float inside : {1.0F, -1.0F}) {
    std::vector<float> first(36, -inside);
    for (int64_t y = 2; y < 4; ++y) {
      for (int64_t x = 2; x < 5; ++x) first[y * 6 + x] = inside;
    }
    const auto mask = foreground(first, std::vector<Grid>{{6, 6}});
    EXPECT_EQ(std::accumulate(mask.begin(), mask.end(), 0), 6);
    EXPECT_EQ(mask[2 * 6 + 2], 1);
  }
}

TEST(Otsu, CutsBetweenTwoGroups) {
  const std::vector<float> values = {1, 1.1F, 0.9F, 5, 5.2F};
  EXPECT_GT(otsu_threshold(values), 1.1);
  EXPECT_LT(otsu_threshold(values), 5);
  EXPECT_EQ(otsu_threshold(std::vector<float>(4, 2.0F)), 2);
}

TEST(Rgb, ChannelsFillTheirRange) {
  const std::vector<float> at = {-1, 10, 3, 0, 20, 3, 1, 40, 3};
  const std::vector<uint8_t> expected = {0, 0, 0, 128, 85, 0, 255, 255, 0};
  EXPECT_EQ(to_rgb(at), expected);
}

TEST(Rgb, RowsOutOfUseAreBlackAndDoNotCount) {
  const std::vector<float> at = {0, 0, 0, 1, 1, 1, 100, 100, 100};
  const std::vector<uint8_t> expected = {0, 0, 0, 255, 255, 255, 0, 0, 0};
  EXPECT_EQ(to_rgb(at, std::vector<uint8_t>{1, 1, 0}), expected);
}

TEST(Rgb, ClippingIgnoresOutliers) {
  std::vector<float> at;
  for (int i = 0; i < 101; ++i) at.insert(at.end(), 3, i == 100 ? 1e6F : static_cast<float>(i));
  const auto colours = to_rgb(at, {}, 0.01);
  EXPECT_EQ(colours[3 * 99], 255);
  EXPECT_EQ(colours[3 * 1], 0);
  EXPECT_NEAR(colours[3 * 50], 127, 2);
}

}  // namespace
}  // namespace troodon::index
