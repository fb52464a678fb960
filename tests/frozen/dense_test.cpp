#include "frozen/dense.hpp"

#include "base/error.hpp"
#include "frozen/small_source.hpp"
#include "image/decode.hpp"
#include "image/resize.hpp"

namespace troodon::frozen {
namespace {

class DenseTest : public SmallSource {
 protected:
  data::Source source() const { return data::open_source(pictures_.string()); }
  DenseOptions options() const {
    return {.model = model_,
            .layers = 2,
            .cache = cache_,
            .threads = 2,
            .device = "cpu",
            .progress = ProgressStyle::none};
  }
};

TEST_F(DenseTest, TokensAreTheBlocksOfThePictureInItsOwnAspect) {
  for (const bool norm : {false, true}) {
    DenseOptions wanted = options();
    wanted.norm = norm;
    DenseFeatures dense(wanted);
    EXPECT_EQ(dense.patch_size(), 4);
    EXPECT_EQ(dense.dim(), 32);
    EXPECT_EQ(dense.depth(), 2);
    EXPECT_EQ(dense.layers(), 2);
    const Tokens tokens = dense.of(source().items[0]);  // 20 x 30 pixels
    EXPECT_EQ(tokens.rows, 6);
    EXPECT_EQ(tokens.columns, 4);
    ASSERT_EQ(tokens.values.size(), 2U * 25 * 32);
    infer::Embedder embedder(
        model_, {.device = "cpu", .output = infer::Output::blocks, .layers = 2, .norm = norm});
    const auto picture = image::read(pictures_ / "cat" / "0.png");
    const auto plain = embedder.embed(std::vector{image::resize(*picture, 16, 24)});
    EXPECT_EQ(tokens.values, plain);
    EXPECT_EQ(tokens.patches(1)[3], plain[(25 + 1) * 32 + 3]);
  }
}

TEST_F(DenseTest, StretchedPicturesAreSquare) {
  DenseOptions stretched = options();
  stretched.keep_aspect = false;
  stretched.size = 24;
  const Tokens tokens = DenseFeatures(stretched).of(source().items[0]);
  EXPECT_EQ(tokens.rows, 6);
  EXPECT_EQ(tokens.columns, 6);
}

TEST_F(DenseTest, EachPictureIsComputedOnceWhereverItLies) {
  const auto items = source().items;
  DenseFeatures dense(options());
  EXPECT_EQ(dense.prepare(items), 7);
  EXPECT_EQ(DenseFeatures(options()).prepare(items), 0);
  fs::rename(pictures_ / "dog" / "1.png", pictures_ / "cat" / "elsewhere.png");
  EXPECT_EQ(dense.prepare(source().items), 0);
  paint(pictures_ / "cat" / "0.png", 33, 21, 5);
  EXPECT_EQ(dense.prepare(source().items), 1);
  // A part of the work done is kept: nothing but whole files.
  fs::remove(files(cache_ / "tokens", ".safetensors")[0]);
  EXPECT_EQ(dense.prepare(items), 1);
}

TEST_F(DenseTest, WhatIsPreparedIsWhatIsComputedForAnyNumberOfThreads) {
  const auto items = source().items;
  DenseOptions one = options();
  one.threads = 1;
  one.cache = folder_ / "other";
  DenseFeatures prepared(options()), computed(one);
  prepared.prepare(items);
  for (const auto& item : items) {
    const Tokens a = prepared.of(item), b = computed.of(item);
    ASSERT_EQ(a.values.size(), b.values.size());
    for (size_t i = 0; i < a.values.size(); ++i)
      ASSERT_NEAR(a.values[i], b.values[i], 1e-5F);  // other companions in a batch
  }
}

TEST_F(DenseTest, ADamagedFileIsNoticedAndComputedAnew) {
  const auto items = source().items;
  const auto wanted = DenseFeatures(options()).of(items[0]).values;
  const auto kept = files(cache_ / "tokens", ".safetensors");
  ASSERT_EQ(kept.size(), 1U);
  for (const bool torn : {false, true}) {
    torn ? write_atomically(kept[0], "torn") : damage(kept[0]);
    const std::string before = read_text(kept[0]);
    EXPECT_EQ(DenseFeatures(options()).of(items[0]).values, wanted);
    EXPECT_NE(read_text(kept[0]), before);
  }
}

TEST_F(DenseTest, AnUnreadablePictureIsPassedOverAndThenRefused) {
  write_atomically(pictures_ / "cat" / "0.png", "this is no picture");
  const auto items = source().items;
  DenseFeatures dense(options());
  EXPECT_EQ(dense.prepare(items), 6);
  EXPECT_THROW(dense.of(items[0]), Error);
  fs::remove(pictures_ / "cat" / "2.png");
  EXPECT_THROW(dense.of(items[1]), Error);
}

}  // namespace
}  // namespace troodon::frozen
