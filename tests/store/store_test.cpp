#include <cmath>
#include <functional>
#include <numeric>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/disk.hpp"
#include "base/error.hpp"
#include "base/half.hpp"
#include "base/hash.hpp"
#include "base/place.hpp"
#include "store/feature_file.hpp"
#include "store/job.hpp"
#include "store/results.hpp"

namespace troodon::store {
namespace {

/// Seven rows in three parts, one of them empty; row i holds i, i + 1/2, ...
class Store : public testing::Test {
 protected:
  Store() : folder_(fs::temp_directory_path() / fmt::format("troodon_store.{}", getpid())) {
    make_folders(folder_);
  }
  ~Store() override { fs::remove_all(folder_); }

  Parts parts(const Layout& layout) {
    std::vector<fs::path> files;
    int64_t row = 0;
    for (const int64_t count : {3, 0, 4}) {
      Rows rows;
      for (const int64_t end = row + count; row < end; ++row) add(layout, row, rows);
      if (count == 0) rows.bad["torn.jpg"] = "it is torn";
      files.push_back(folder_ / fmt::format("{}.part", files.size()));
      write_part(files.back(), rows);
    }
    return {files, layout};
  }
  static void add(const Layout& layout, int64_t row, Rows& rows) {
    rows.ids.push_back(row == 5 ? "写真 \"5\".jpg" : fmt::format("{}.jpg", row));
    rows.labels.push_back(row % 3 - 1);
    rows.content_hash.push_back(1000 - row);
    int64_t values = 2;
    if (layout.ragged) {
      rows.grids.insert(rows.grids.end(), {row + 1, 2});
      values *= (row + 1) * 2;
    }
    for (int64_t i = 0; i < values; ++i) {
      const float value = static_cast<float>(row) + 0.5F * static_cast<float>(i);
      const uint16_t half = to_half(value);
      const auto bytes = layout.dtype == DType::f16 ? std::as_bytes(std::span(&half, 1))
                                                    : std::as_bytes(std::span(&value, 1));
      rows.features.insert(rows.features.end(), bytes.begin(), bytes.end());
    }
  }

  fs::path folder_;
  ResultInfo info_{.classes = {"cat", "dog"}, .metadata = {{"settings", "{\"size\":224}"}}};
};

std::vector<std::byte> all_bytes(const FeatureFile& file) {
  std::vector<std::byte> out;
  for (const auto& piece : file.pieces)
    out.insert(out.end(), piece.bytes.begin(), piece.bytes.end());
  return out;
}

TEST_F(Store, EveryFormatGivesTheSameRowsBack) {
  for (const DType dtype : {DType::f32, DType::f16}) {
    for (const bool ragged : {false, true}) {
      const Parts all = parts({.dtype = dtype, .item = {2}, .ragged = ragged});
      Rows wanted;
      for (int64_t row = 0; row < 7; ++row) add(all.layout(), row, wanted);
      for (const char* name : {"f.safetensors", "f.npy", "f.parquet", "shards/"}) {
        for (const char* format : {"safetensors", "npy", "parquet"}) {
          Destination to = destination_of(folder_ / name, format);
          to.shard_rows = 3;
          write_result(to, all, info_, folder_ / "scratch");
          const FeatureFile file = open_features(to.path);
          EXPECT_EQ(file.rows, 7) << name;
          EXPECT_EQ(file.layout, all.layout()) << name;
          EXPECT_EQ(all_bytes(file), wanted.features) << name << format;
          EXPECT_EQ(file.ids, wanted.ids) << name;
          EXPECT_EQ(file.labels, wanted.labels) << name;
          EXPECT_EQ(file.content_hash, wanted.content_hash) << name;
          EXPECT_EQ(file.grids, wanted.grids) << name;
          EXPECT_EQ(file.classes, info_.classes) << name;
          EXPECT_EQ(file.metadata.at("settings"), "{\"size\":224}") << name;
        }
      }
    }
  }
}

TEST_F(Store, AFolderOfShardsHoldsRowsOfTheGivenNumberAndAnIndex) {
  Destination to = destination_of(folder_ / "out/", "parquet");
  to.shard_rows = 3;
  write_result(to, parts({.item = {2}}), info_, folder_ / "scratch");
  for (const auto& [name, rows] : {std::pair("features-00000.parquet", 3),
                                   std::pair("features-00001.parquet", 3),
                                   std::pair("features-00002.parquet", 1)}) {
    EXPECT_EQ(open_features(folder_ / "out" / name).rows, rows);
  }
  EXPECT_FALSE(fs::exists(folder_ / "scratch"));
  to.shard_rows = 7;
  write_result(to, parts({.item = {2}}), info_, folder_ / "scratch");
  EXPECT_FALSE(fs::exists(folder_ / "out" / "features-00001.parquet")) << "old shards stayed";
}

TEST_F(Store, RowsAreFoundAgainByTheContentOfTheirPictures) {
  for (const bool ragged : {false, true}) {
    const Parts all = parts({.item = {2}, .ragged = ragged});
    for (const char* name : {"f.safetensors", "f.npy", "f.parquet", "shards/"}) {
      Destination to = destination_of(folder_ / name, "parquet");
      to.shard_rows = 2;
      write_result(to, all, info_, folder_ / "scratch");
      const Reuse reuse(to.path, info_.metadata.at("settings"), all.layout());
      EXPECT_EQ(reuse.reason(), "") << name;
      EXPECT_FALSE(reuse.find(77));
      for (int64_t row = 0; row < 7; ++row) {
        Rows wanted;
        add(all.layout(), row, wanted);
        ASSERT_EQ(reuse.find(1000 - row), row);
        const auto bytes = reuse.features(row);
        EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), wanted.features) << name;
      }
      EXPECT_NE(Reuse(to.path, "other settings", all.layout()).reason(), "");
    }
  }
}

TEST_F(Store, PicturesWithoutARowAreListed) {
  std::string seen;
  parts({.item = {2}}).each_bad([&](const auto& path, const auto& why) { seen += path + why; });
  EXPECT_EQ(seen, "torn.jpgit is torn");
}

TEST_F(Store, ADamagedTableIsRefusedNotBelieved) {
  write_file(folder_ / "f.parquet", Format::parquet, parts({.item = {2}}), 0, 7, info_);
  const std::string whole = read_text(folder_ / "f.parquet");
  for (size_t size = 0; size < whole.size(); size += 7) {
    write_atomically(folder_ / "cut.parquet", whole.substr(0, size));
    EXPECT_THROW(open_features(folder_ / "cut.parquet"), Error) << size;
  }
  for (size_t at = 0; at < whole.size(); at += 5) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    write_atomically(folder_ / "bent.parquet", damaged);
    try {
      open_features(folder_ / "bent.parquet");  // a changed value is nobody's fault
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("bent.parquet"), std::string::npos);
    }
  }
}

TEST_F(Store, AJobGoesOnAndKnowsWhetherItsResultIsInPlace) {
  const JobFolder job{folder_ / "r.npy"};
  EXPECT_FALSE(begin_job(job, "a", Existing::refuse));
  write_atomically(job.part(0), "done");
  EXPECT_FALSE(begin_job(job, "a", Existing::refuse));
  EXPECT_TRUE(fs::exists(job.part(0)));
  EXPECT_THROW(begin_job(job, "b", Existing::refuse), Error);
  write_atomically(job.finished(), "");
  write_atomically(job.out, "result");
  EXPECT_TRUE(begin_job(job, "a", Existing::refuse)) << "stopped before the parts were removed";
  fs::last_write_time(job.out, fs::last_write_time(job.finished()) - std::chrono::seconds(5));
  EXPECT_THROW(begin_job(job, "a", Existing::refuse), Error) << "an older result is in the way";
  EXPECT_FALSE(begin_job(job, "b", Existing::replace));
  EXPECT_FALSE(fs::exists(job.part(0))) << "parts of another job stayed";
  EXPECT_TRUE(fs::exists(job.out)) << "the old result goes when the new one is there, not before";
  end_job(job);
  EXPECT_FALSE(fs::exists(job.folder()));
  EXPECT_THROW(begin_job(job, "a", Existing::refuse), Error);
}

TEST_F(Store, PlacesThatCannotBeWrittenAreNamedWithExitSix) {
  write_atomically(folder_ / "file", "in the way");
  for (const auto& attempt : std::vector<std::function<void()>>{
           [&] { begin_job({folder_ / "file" / "r.npy"}, "a", Existing::refuse); },
           [&] {
             check_free_space(folder_ / "not" / "there", UINT64_MAX, "r.npy: needs 18 EB");
           }}) {
    try {
      attempt();
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Exit::resource) << error.what();
      EXPECT_NE(std::string(error.what()).find(folder_.string()), std::string::npos);
    }
  }
}

TEST(Destinations, FollowTheName) {
  EXPECT_EQ(destination_of("a/f.npy", "safetensors").format, Format::npy);
  EXPECT_FALSE(destination_of("a/f.parquet", "safetensors").folder);
  EXPECT_TRUE(destination_of("a/f", "parquet").folder);
  EXPECT_EQ(destination_of("a/f/", "parquet").path, fs::path("a/f"));
  EXPECT_THROW(destination_of("f.csv", "safetensors"), Error);
}

TEST(Half, RoundsToTheNearestWithTiesToEven) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = from_half(static_cast<uint16_t>(bits));
    if (!std::isnan(value)) {
      EXPECT_EQ(to_half(value), bits);
    }
  }
  std::vector<uint16_t> all(65536);
  std::iota(all.begin(), all.end(), uint16_t{0});
  std::vector<float> many(all.size());
  from_halves(all, many.data());
  for (const uint16_t bits : all) {
    const float one = from_half(bits);
    EXPECT_TRUE(many[bits] == one || (std::isnan(many[bits]) && std::isnan(one))) << bits;
  }
  EXPECT_EQ(to_half(1 + 0x1p-11F), 0x3C00);  // a tie: down to even
  EXPECT_EQ(to_half(1 + 0x3p-11F), 0x3C02);  // a tie: up to even
  EXPECT_EQ(to_half(65519), 0x7BFF);
  EXPECT_EQ(to_half(65520), 0x7C00);
  EXPECT_EQ(to_half(0x1p-25F), 0);
  EXPECT_EQ(to_half(0x1.8p-25F), 1);
  EXPECT_TRUE(std::isnan(from_half(to_half(NAN))));
}

TEST(Xxh64, EqualsTheReferenceOfItsAuthor) {
  const auto hash = [](std::string_view text) { return xxh64(std::as_bytes(std::span(text))); };
  EXPECT_EQ(hash(""), 0xEF46DB3751D8E999U);
  EXPECT_EQ(hash("a"), 0xD24EC4F1A98C6E5BU);
  EXPECT_EQ(hash("abc"), 0x44BC2CF5AD770999U);
  EXPECT_EQ(hash("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1U);
}

}  // namespace
}  // namespace troodon::store
