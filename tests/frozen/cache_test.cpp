#include "frozen/cache.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "frozen/contents.hpp"
#include "frozen/small_source.hpp"
#include "infer/extract.hpp"
#include "store/parts.hpp"

namespace troodon::frozen {
namespace {

class CacheTest : public SmallSource {
 protected:
  VectorOptions options() const {
    return {.model = model_,
            .input = pictures_.string(),
            .layers = 2,
            .cache = cache_,
            .threads = 2,
            .device = "cpu",
            .progress = ProgressStyle::none,
            .batch = 2};
  }
};

TEST_F(CacheTest, RowsAreThoseOfExtract) {
  const Vectors found = vectors(options());
  infer::ExtractOptions extract{.model = model_, .input = pictures_.string()};
  extract.embed = {.device = "cpu", .output = infer::Output::probe, .layers = 2};
  extract.out = folder_ / "plain.safetensors";
  extract.progress = ProgressStyle::none;
  infer::extract(extract);
  const TensorFile plain(extract.out);
  EXPECT_EQ(found.item_shape, (std::vector<int64_t>{3, 32}));
  EXPECT_EQ(found.features.dim, 96);
  EXPECT_EQ(found.features.ids[4], "dog/1.png");
  EXPECT_EQ(found.features.labels, (std::vector<int64_t>{0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(found.features.classes, (std::vector<std::string>{"cat", "dog"}));
  const auto wanted = plain.at("features").as<float>();
  ASSERT_EQ(found.features.values.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i)
    ASSERT_NEAR(found.features.values[i], wanted[i], 1e-5F);  // other companions in a batch
}

TEST_F(CacheTest, ASecondCallComputesNothingAndNeedsNoNetworkThatWorks) {
  const Vectors first = vectors(options());
  EXPECT_EQ(first.computed, 7);
  EXPECT_FALSE(first.hit);
  const Vectors second = vectors(options());
  EXPECT_EQ(second.computed, 0);
  EXPECT_TRUE(second.hit);
  EXPECT_EQ(second.features.values, first.features.values);
  EXPECT_EQ(second.features.ids, first.features.ids);
  EXPECT_EQ(second.item_shape, first.item_shape);
}

TEST_F(CacheTest, OnlyAChangedPictureIsComputedAndAnotherOrderReusesAll) {
  const Vectors first = vectors(options());
  paint(pictures_ / "dog" / "3.png", 23, 30, 90);
  const Vectors changed = vectors(options());
  EXPECT_EQ(changed.computed, 1);
  EXPECT_EQ(changed.features.ids, first.features.ids);
  const auto row = [](const Vectors& v, size_t i) {
    const auto begin = v.features.values.begin() + static_cast<ptrdiff_t>(i * 96);
    return std::vector<float>(begin, begin + 96);
  };
  EXPECT_NE(row(changed, 5), row(first, 5));
  EXPECT_EQ(row(changed, 4), row(first, 4));
  data::Source source = data::open_source(pictures_.string());
  std::ranges::reverse(source.items);
  source.items.push_back(source.items[2]);
  source.groups = {"a", "b", "c", "d", "e", "f", "g", "h"};
  const Vectors turned = vectors(options(), source);
  EXPECT_EQ(turned.computed, 0);
  EXPECT_EQ(row(turned, 0), row(changed, 6));
  EXPECT_EQ(row(turned, 7), row(changed, 4));
  EXPECT_EQ(turned.groups, source.groups);
}

TEST_F(CacheTest, OtherModelsAndTransformsHaveRowsOfTheirOwn) {
  vectors(options());
  VectorOptions other = options();
  other.size = 24;
  EXPECT_EQ(vectors(other).computed, 7);
  other = options();
  other.resize = infer::Resize::stretch;
  EXPECT_EQ(vectors(other).computed, 7);
  other = options();
  other.model = folder_ / "other.safetensors";
  model::VitConfig config = model::arch_config("vit_32x2x2", 4);
  config.img_size = 16;
  model::VisionTransformer network(config);
  model::write_backbone(other.model, network);
  EXPECT_EQ(vectors(other).computed, 7);
  EXPECT_NE(model_key(model_, cache_), model_key(other.model, cache_));
  EXPECT_EQ(vectors(options()).computed, 0);
}

TEST_F(CacheTest, UnreadablePicturesAreLeftOutRememberedAndRefusedWhenStrict) {
  write_atomically(pictures_ / "cat" / "2.png", "this is no picture");
  for (const bool again : {false, true}) {
    const Vectors found = vectors(options());
    EXPECT_EQ(found.hit, again);
    EXPECT_EQ(found.features.rows, 6);
    EXPECT_EQ(found.bad, 1);
    ASSERT_EQ(found.bad_files.size(), 1U);
    EXPECT_NE(found.bad_files.begin()->second.find("2.png"), std::string::npos);
    EXPECT_EQ(found.items, (std::vector<int64_t>{0, 2, 3, 4, 5, 6}));
  }
  VectorOptions strict = options();
  strict.strict = true;
  EXPECT_THROW(vectors(strict), Error);
  fs::remove(pictures_ / "cat" / "2.png");
  data::Source source = data::open_source(pictures_.string());
  fs::remove(pictures_ / "cat" / "0.png");
  EXPECT_EQ(vectors(options(), source).bad, 1);
}

TEST_F(CacheTest, ADamagedFileIsNoticedAndItsRowsComputedAnew) {
  const Vectors first = vectors(options());
  const auto kept = files(cache_ / "vectors", ".safetensors");
  ASSERT_EQ(kept.size(), 1U);
  damage(kept[0]);
  const Vectors second = vectors(options());
  EXPECT_EQ(second.computed, 7);
  EXPECT_EQ(second.features.values, first.features.values);
  write_atomically(kept[0], "no tensors at all");
  EXPECT_EQ(vectors(options()).computed, 7);
  EXPECT_TRUE(vectors(options()).hit);
}

TEST_F(CacheTest, PartsOfAKilledCallAreNotComputedAgain) {
  const data::Source all = data::open_source(pictures_.string());
  data::Source one = all;
  one.items.resize(1);
  vectors(options(), one);
  const fs::path folder = files(cache_ / "vectors", ".safetensors").at(0).parent_path();
  store::Rows rows{.ids = {"x"}, .labels = {-1}};
  rows.content_hash = {static_cast<int64_t>(xxh64(read_bytes(all.items[1].path)))};
  const std::vector<float> values(96, 7);
  rows.features.resize(values.size() * sizeof(float));
  std::memcpy(rows.features.data(), values.data(), rows.features.size());
  store::write_part(folder / "job_killed.parts" / "part_000000.safetensors", rows);
  write_atomically(folder / "job_torn.parts" / "part_000000.safetensors", "torn");
  const Vectors found = vectors(options());
  EXPECT_EQ(found.computed, 5);
  EXPECT_EQ(found.features.values[96], 7);
  EXPECT_FALSE(fs::exists(folder / "job_killed.parts"));
  EXPECT_FALSE(fs::exists(folder / "job_torn.parts"));
}

TEST_F(CacheTest, AnInterruptedCallSaysSoAndGivesNoRows) {
  interrupt();
  const Vectors stopped = vectors(options());
  clear_interrupt();
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_EQ(stopped.features.rows, 0);
  EXPECT_EQ(vectors(options()).features.rows, 7);
}

TEST_F(CacheTest, AFileThatHasNotChangedForAWhileIsNotReadAgain) {
  int reads = 0;
  const auto read = [&]() -> Result<int64_t> { return ++reads; };
  const fs::path old = fs::read_symlink("/proc/self/exe"), fresh = pictures_ / "cat" / "0.png";
  for (int i = 0; i < 2; ++i) {
    Contents contents(cache_);
    EXPECT_EQ(*contents.of(old, "", read), 1);
    contents.save();
  }
  EXPECT_EQ(*Contents(cache_).of(old, "@7+5", read), 2);  // another place in it
  for (int i = 3; i < 5; ++i) {  // what was written just now may change within the clock's tick
    Contents contents(cache_);
    EXPECT_EQ(*contents.of(fresh, "", read), i);
    contents.save();
  }
}

TEST_F(CacheTest, ManySmallAdditionsEndInFewFiles) {
  const data::Source all = data::open_source(pictures_.string());
  for (int i = 0; i < 40; ++i) {
    data::Source one = all;
    paint(pictures_ / "cat" / "0.png", 20, 30, 100 + i);
    one.items.resize(1);
    EXPECT_EQ(vectors(options(), one).computed, 1);
  }
  EXPECT_LE(files(cache_ / "vectors", ".safetensors").size(), 17U);
  EXPECT_EQ(vectors(options()).computed, 6);
}

}  // namespace
}  // namespace troodon::frozen
