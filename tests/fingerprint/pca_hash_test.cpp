#include "fingerprint/pca_hash.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "pictures.hpp"

namespace troodon::fingerprint {
namespace {

std::vector<float> many_small_pictures(int count, int side) {
  std::vector<float> out;
  for (int i = 0; i < count; ++i) {
    const auto one = small_picture(reduced(clouds(64, 48, 100 + i)), side);
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

TEST(SmallPicture, HasNoMeanAndLengthOne) {
  double sum = 0, squares = 0;
  for (const float v : small_picture(reduced(clouds(90, 50, 1)), 16)) {
    sum += v;
    squares += static_cast<double>(v) * v;
  }
  EXPECT_NEAR(sum, 0, 1e-4);
  EXPECT_NEAR(squares, 1, 1e-4);
}

TEST(PcaHash, TheAxesAreOrthonormalAndSortedByVariance) {
  const int side = 8, bits = 12;
  const auto pictures = many_small_pictures(200, side);
  const PcaHashModel model = learn_pca_hash(pictures, {side, bits});
  double previous = INFINITY;
  for (int a = 0; a < bits; ++a) {
    for (int b = 0; b <= a; ++b) {
      double product = 0;
      for (int d = 0; d < side * side; ++d) {
        product += model.axes[a * side * side + d] * model.axes[b * side * side + d];
      }
      EXPECT_NEAR(product, a == b ? 1 : 0, 1e-5);
    }
    double variance = 0;
    for (size_t i = 0; i < 200; ++i) {
      double along = 0;
      for (int d = 0; d < side * side; ++d) {
        along += (pictures[i * side * side + d] - model.mean[d]) * model.axes[a * side * side + d];
      }
      variance += along * along;
    }
    EXPECT_LE(variance, previous * 1.05) << "axis " << a;
    previous = variance;
  }
}

TEST(PcaHash, ACopyHashesAlikeAndAnotherPictureDoesNot) {
  for (const int bits : {64, 128, 200}) {
    const PcaHashModel model = learn_pca_hash(many_small_pictures(300, 16), {16, bits});
    const image::Image image = clouds(300, 200, 1);
    const Hash256 hash = pca_hash(model, reduced(image));
    EXPECT_LE(hamming(hash, pca_hash(model, reduced(image::resize(image, 150, 150)))), bits / 16);
    EXPECT_GE(hamming(hash, pca_hash(model, reduced(clouds(300, 200, 2)))), bits / 4);
    for (int bit = bits; bit < 256; ++bit) EXPECT_EQ(hash[bit / 64] >> (bit % 64) & 1, 0U);
  }
}

TEST(PcaHash, FewerPicturesThanBitsStillGiveAxes) {
  const PcaHashModel model = learn_pca_hash(many_small_pictures(5, 8), {8, 64});
  for (const float v : model.axes) ASSERT_TRUE(std::isfinite(v));
}

TEST(PcaHash, SaysWhatIsWrongWithOptionsAndData) {
  const std::vector<float> two(2 * 64, 0.5F);
  EXPECT_THROW(learn_pca_hash(two, {8, 65}), Error);
  EXPECT_THROW(learn_pca_hash(two, {65, 64}), Error);
  EXPECT_THROW(learn_pca_hash(std::span(two).first(64), {8, 8}), Error);
  EXPECT_THROW(learn_pca_hash(std::span(two).first(100), {8, 8}), Error);
  EXPECT_NO_THROW(learn_pca_hash(two, {8, 8}));
}

}  // namespace
}  // namespace troodon::fingerprint
