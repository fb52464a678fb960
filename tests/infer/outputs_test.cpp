#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/half.hpp"
#include "base/tensor_file.hpp"
#include "image/decode.hpp"
#include "image/resize.hpp"
#include "infer/small_source.hpp"
#include "store/feature_file.hpp"

namespace troodon::infer {
namespace {

using OutputsTest = ExtractTest;

/// All values of a result, as floats.
std::vector<float> values_of(const fs::path& out) {
  const store::FeatureFile file = store::open_features(out);
  std::vector<float> values;
  for (const auto& piece : file.pieces) {
    const TensorView view{.data = piece.bytes};
    for (size_t i = 0; file.layout.dtype == DType::f32 && i < piece.bytes.size() / 4; ++i)
      values.push_back(view.as<float>()[i]);
    for (size_t i = 0; file.layout.dtype == DType::f16 && i < piece.bytes.size() / 2; ++i)
      values.push_back(from_half(view.as<uint16_t>()[i]));
  }
  return values;
}

void expect_near(const std::vector<float>& a, const std::vector<float>& b, float tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << i;
}

TEST_F(OutputsTest, EveryDestinationHoldsTheSameRows) {
  extract(to("a.safetensors"));
  const store::FeatureFile wanted = store::open_features(folder_ / "a.safetensors");
  for (const char* name : {"a.npy", "a.parquet", "shards/"}) {
    ExtractOptions options = to(name);
    options.shard_rows = name[1] == 'h' ? 4 : 0;
    const ExtractResult result = extract(options);
    EXPECT_EQ(result.rows, 11);
    EXPECT_GT(result.bytes, 11U * 32 * 4);
    const store::FeatureFile file = store::open_features(folder_ / name);
    EXPECT_EQ(values_of(folder_ / name), values_of(folder_ / "a.safetensors")) << name;
    EXPECT_EQ(file.ids, wanted.ids);
    EXPECT_EQ(file.labels, wanted.labels);
    EXPECT_EQ(file.content_hash, wanted.content_hash);
    EXPECT_EQ(file.metadata.at("settings"), wanted.metadata.at("settings"));
    EXPECT_EQ(file.metadata.at("precision"), "fp32");
  }
  EXPECT_TRUE(fs::exists(folder_ / "shards" / "features-00002.safetensors"));
  ExtractOptions wrong = to("one.npy");
  wrong.shard_rows = 4;
  EXPECT_THROW(extract(wrong), Error);
}

TEST_F(OutputsTest, HalfIsTheSameRowsRounded) {
  ExtractOptions half = to("half.safetensors");
  half.half = true;
  extract(half), extract(to("full.safetensors"));
  std::vector<float> rounded;
  for (const float v : values_of(folder_ / "full.safetensors"))
    rounded.push_back(from_half(to_half(v)));
  EXPECT_EQ(values_of(half.out), rounded);
}

TEST_F(OutputsTest, AnUpdateComputesOnlyWhatItHasNotSeen) {
  for (const char* name : {"a.safetensors", "a.npy", "a.parquet", "shards/"}) {
    SCOPED_TRACE(name);
    ExtractOptions options = to(name);
    options.shard_rows = name[1] == 'h' ? 4 : 0;
    extract(options);
    fs::rename(pictures_ / "dog" / "01.png", pictures_ / "cat" / "renamed.png");
    fs::rename(pictures_ / "dog" / "03.png", folder_ / "gone.png");
    image::Image fresh(40, 24);
    for (size_t p = 0; p < fresh.pixels.size(); ++p) fresh.pixels[p] = static_cast<uint8_t>(p * 7);
    image::write(pictures_ / "dog" / "00_new.png", fresh);
    options.update = true;
    const ExtractResult updated = extract(options);
    EXPECT_EQ(updated.rows, 11);
    EXPECT_EQ(updated.reused, 10);
    EXPECT_EQ(updated.computed, 2);  // the new one and the unreadable one
    ExtractOptions whole = to("whole.safetensors");
    extract(whole);
    const store::FeatureFile a = store::open_features(options.out),
                             b = store::open_features(whole.out);
    EXPECT_EQ(a.ids, b.ids);
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_EQ(a.content_hash, b.content_hash);
    expect_near(
        values_of(options.out), values_of(whole.out), 1e-5F);  // other companions in a batch
    const std::vector<float> before = values_of(options.out);
    EXPECT_EQ(extract(options).reused, 11);
    EXPECT_EQ(values_of(options.out), before);
    fs::remove(whole.out), fs::remove(pictures_ / "dog" / "00_new.png");
    fs::rename(folder_ / "gone.png", pictures_ / "dog" / "03.png");
    fs::rename(pictures_ / "cat" / "renamed.png", pictures_ / "dog" / "01.png");
  }
}

TEST_F(OutputsTest, AnUpdateWithOtherSettingsKeepsNothing) {
  ExtractOptions options = to("a.safetensors");
  extract(options);
  options.update = true;
  options.embed.size = 24;
  const ExtractResult result = extract(options);
  EXPECT_EQ(result.reused, 0);
  EXPECT_EQ(result.computed, 12);
}

TEST_F(OutputsTest, ADryRunWritesNothing) {
  ExtractOptions options = to("a.safetensors");
  options.dry_run = true;
  const ExtractResult result = extract(options);
  EXPECT_EQ(result.pictures, 12);
  EXPECT_EQ(result.item_shape, (std::vector<int64_t>{32}));
  EXPECT_GT(result.bytes, 12U * 128);
  EXPECT_FALSE(fs::exists(options.out));
  EXPECT_FALSE(fs::exists(folder_ / "a.safetensors.parts"));
}

TEST_F(OutputsTest, PatchesOfPicturesInTheirOwnAspectHaveGridsOfTheirOwn) {
  ExtractOptions options = to("a.safetensors");
  options.resize = Resize::fit;
  options.embed.output = Output::patches;
  EXPECT_TRUE(extract(options).ragged);
  const TensorFile file(options.out);
  const auto grids = file.at("grids").as<int64_t>(), offsets = file.at("offsets").as<int64_t>();
  ASSERT_EQ(offsets.size(), 12U);
  for (size_t i = 0; i < 11; ++i)
    EXPECT_EQ(offsets[i + 1] - offsets[i], grids[2 * i] * grids[2 * i + 1]);
  EXPECT_EQ(file.at("features").shape, (std::vector<int64_t>{offsets[11], 32}));
  // The first picture has 20 x 30 pixels: short side 16, long side 24, patches of 4.
  EXPECT_EQ(grids[0], 6);
  EXPECT_EQ(grids[1], 4);
  Embedder embedder(options.model, options.embed);
  const auto picture = image::read(pictures_ / "cat" / "00.png");
  const auto wanted = embedder.embed(std::vector{image::resize(*picture, 16, 24)});
  const auto features = file.at("features").as<float>().first(wanted.size());
  expect_near({features.begin(), features.end()}, wanted, 1e-5F);
}

TEST_F(OutputsTest, PicturesOfManyShapesGiveTheSameBytesForAnyNumberOfThreads) {
  for (const Resize resize : {Resize::fit, Resize::tile}) {
    ExtractOptions one = to("one.safetensors"), four = to("four.safetensors");
    one.resize = four.resize = resize;
    one.part = four.part = 8;
    one.overwrite = four.overwrite = true;
    one.threads = 1, four.threads = 4;
    extract(one), extract(four);
    EXPECT_EQ(read_text(one.out), read_text(four.out));
  }
}

TEST_F(OutputsTest, ScalesAreNormalisedAveragedNormalised) {
  options_.limit = 2;
  ExtractOptions options = to("scales.safetensors");
  options.scales = {0.5, 1, 2};
  extract(options);
  std::vector<float> wanted(64);
  const auto add_unit = [&](const std::vector<float>& values) {
    for (size_t row = 0; row < 2; ++row) {
      float square = 0;
      for (size_t i = 0; i < 32; ++i) square += values[row * 32 + i] * values[row * 32 + i];
      for (size_t i = 0; i < 32; ++i)
        wanted[row * 32 + i] += values[row * 32 + i] / std::sqrt(square);
    }
  };
  for (const int64_t size : {8, 16, 32}) {
    ExtractOptions single = to("single.safetensors");
    single.embed.size = size;
    single.overwrite = true;
    extract(single);
    add_unit(values_of(single.out));
  }
  const std::vector<float> sum = wanted;
  wanted.assign(64, 0);
  add_unit(sum);
  expect_near(values_of(options.out), wanted, 1e-5F);
}

TEST_F(OutputsTest, TilesAreAveragedOverTheWindowsThatSawThem) {
  options_.limit = 1;  // 20 x 30 pixels: 20 x 32 in whole patches
  const auto picture = image::read(pictures_ / "cat" / "00.png");
  const image::Image whole = image::resize(*picture, 20, 32);
  ExtractOptions options = to("tile.safetensors");
  options.resize = Resize::tile;
  extract(options);
  Embedder embedder(options.model, options.embed);
  std::vector<float> mean(32);
  for (const int top : {0, 8, 16}) {
    for (const int left : {0, 4}) {
      const auto one = embedder.embed(std::vector{image::crop(whole, {top, left, 16, 16})});
      for (size_t i = 0; i < 32; ++i) mean[i] += one[i] / 6;
    }
  }
  expect_near(values_of(options.out), mean, 1e-5F);
  options.embed.output = Output::patches;
  options.out = folder_ / "tokens.safetensors";
  extract(options);
  const auto tokens = values_of(options.out);
  ASSERT_EQ(tokens.size(), 8U * 5 * 32);
  Embedder patches(options.model, options.embed);
  const auto corner = patches.embed(std::vector{image::crop(whole, {0, 0, 16, 16})});
  for (size_t i = 0; i < 32; ++i) EXPECT_NEAR(tokens[i], corner[i], 1e-5F);  // one window saw it
}

TEST_F(OutputsTest, OptionsThatContradictEachOtherAreRefused) {
  ExtractOptions options = to("a.safetensors");
  options.scales = {1, 2};
  options.embed.output = Output::patches;
  EXPECT_THROW(extract(options), Error);
  options = to("a.safetensors");
  options.scales = {0.5, 1};
  options.resize = Resize::tile;
  EXPECT_THROW(extract(options), Error);
  options = to("a.safetensors");
  options.overwrite = options.update = true;
  EXPECT_THROW(extract(options), Error);
}

}  // namespace
}  // namespace troodon::infer
