#include "prepare/pack.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/folder.hpp"
#include "data/images.hpp"
#include "data/loader.hpp"
#include "data/sampler.hpp"
#include "image/encode.hpp"
#include "prepare/scan.hpp"
#include "prepare/split.hpp"

namespace troodon::prepare {
namespace {

/// Folder of `n` small PNG files of noise in classes a and b.
void put_pictures(const data::Folder& folder, int n) {
  for (int i = 0; i < n; ++i) {
    Random random(mix(5, i));
    image::Image picture(9, 7);
    for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
    image::write(folder.path() / "in" / (i % 3 == 0 ? "a" : "b") / fmt::format("{:03}.png", i),
                 picture);
  }
}

PackOptions packing(const data::Folder& folder) {
  return {.input = folder / "in",
          .out = folder.path() / "out",
          .shard_bytes = 8192,
          .progress = ProgressStyle::none};
}

std::map<std::string, std::string> files(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(folder))
    out[entry.path().filename().string()] = read_text(entry.path());
  return out;
}

using Batch = std::vector<std::pair<std::string, std::vector<uint8_t>>>;

/// Batches first .. 5 of four pictures, as training draws them.
std::vector<Batch> batches(const data::Source& source, uint64_t first) {
  const data::Sampler sampler({.items = static_cast<int64_t>(source.items.size()), .seed = 3});
  data::ImageReader reader;
  data::Loader<Batch> loader(
      {.threads = 3, .ahead = 2, .slots = 4, .first_batch = first, .end_batch = 6},
      [](uint64_t) { return Batch(4); },
      [&](Batch& batch, uint64_t number, size_t slot) {
        const data::Item& item =
            source.items[static_cast<size_t>(sampler.at(static_cast<int64_t>(number * 4 + slot)))];
        batch[slot] = {item.id, reader.read(item)->pixels};
      });
  std::vector<Batch> out;
  while (!loader.done()) out.push_back(loader.next());
  return out;
}

TEST(Pack, TrainingFromShardsIsTrainingFromTheFolderAlsoAfterAResume) {
  const data::Folder folder;
  put_pictures(folder, 20);
  const PackResult result = pack(packing(folder));
  EXPECT_EQ(result.pictures, 20);
  EXPECT_GT(result.shards, 2);
  const data::Source plain = data::open_source(folder / "in"),
                     shards = data::open_source(folder / "out/*.tar");
  EXPECT_EQ(shards.classes, plain.classes);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(shards.items[i].id, plain.items[i].id);
    EXPECT_EQ(shards.items[i].label, plain.items[i].label);
    EXPECT_EQ(*data::read_stored(shards.items[i]), *data::read_stored(plain.items[i]));
  }
  const auto whole = batches(plain, 0), rest = batches(shards, 2);
  ASSERT_EQ(rest.size(), 4);
  EXPECT_EQ(batches(shards, 0), whole);
  EXPECT_EQ(rest, std::vector(whole.begin() + 2, whole.end()));
}

TEST(Pack, MissingShardsAreMadeAgainByteForByte) {
  const data::Folder folder;
  put_pictures(folder, 20);
  pack(packing(folder));
  const auto before = files(folder / "out");
  fs::remove(folder / "out/shard-000001.tar");
  fs::remove(folder / "out/index.json");
  folder.put("out/.shard-000001.tar.77.0.tmp", "half");
  const PackResult again = pack(packing(folder));
  EXPECT_EQ(again.resumed, again.shards - 1);
  EXPECT_EQ(files(folder / "out"), before);
}

TEST(Pack, AnotherPlanNeedsOverwrite) {
  const data::Folder folder;
  put_pictures(folder, 6);
  PackOptions options = packing(folder);
  options.dry_run = true;
  EXPECT_GT(pack(options).bytes, 0);
  EXPECT_FALSE(fs::exists(options.out));
  options.dry_run = false;
  pack(options);
  options.shard_bytes *= 2;
  EXPECT_THROW(pack(options), Error);
  options.overwrite = true;
  EXPECT_EQ(pack(options).resumed, 0);
}

TEST(Pack, EmptyFilesAreLeftOutAndNamed) {
  const data::Folder folder;
  put_pictures(folder, 3);
  folder.put("in/a/empty.jpg", "");
  const PackResult result = pack(packing(folder));
  EXPECT_EQ(result.pictures, 3);
  EXPECT_EQ(result.bad_files.count(folder / "in/a/empty.jpg"), 1);
}

TEST(Scan, FindsCopiesAndBrokenFiles) {
  const data::Folder folder;
  put_pictures(folder, 6);
  fs::copy_file(folder / "in/a/000.png", folder / "in/b/copy.png");
  folder.put("in/b/torn.jpg", "\xFF\xD8\xFF");
  const ScanResult result = scan(data::open_source(folder / "in"), 3, ProgressStyle::none);
  EXPECT_EQ(result.pictures, 8);
  EXPECT_EQ(result.formats.at("png"), 7);
  EXPECT_EQ(result.sides.at("4-7"), 7);
  EXPECT_EQ(result.broken.count(folder / "in/b/torn.jpg"), 1);
  ASSERT_EQ(result.duplicates.size(), 1);
  EXPECT_EQ(result.duplicates[0], (std::vector<std::string>{"a/000.png", "b/copy.png"}));
}

TEST(Split, KeepsSharesPerClassAndCopiesTogether) {
  const data::Folder folder;
  put_pictures(folder, 90);  // 30 of a, 60 of b
  for (int i = 0; i < 30; ++i)
    fs::copy_file(folder / fmt::format("in/{}/{:03}.png", i % 3 == 0 ? "a" : "b", i),
                  folder / fmt::format("in/{}/copy{:03}.png", i % 3 == 0 ? "a" : "b", i));
  const data::Source source = data::open_source(folder / "in");
  const SplitOptions options{.val = 0.2, .test = 0.1, .progress = ProgressStyle::none};
  const SplitResult result = split(source, options);
  EXPECT_EQ(result.copies, 30);
  std::map<std::string, std::set<Part>> where;
  std::map<std::pair<int64_t, Part>, int> counts;
  for (size_t i = 0; i < source.items.size(); ++i) {
    where[read_text(source.items[i].path)].insert(result.parts[i]);
    ++counts[{source.items[i].label, result.parts[i]}];
  }
  for (const auto& [content, parts] : where) EXPECT_EQ(parts.size(), 1);
  EXPECT_EQ((counts[{0, Part::val}]), 8);  // of 40
  EXPECT_EQ((counts[{0, Part::test}]), 4);
  EXPECT_EQ((counts[{1, Part::val}]), 16);  // of 80
  EXPECT_EQ(split(source, options).parts, result.parts);
  SplitOptions other = options;
  other.seed = 1;
  EXPECT_NE(split(source, other).parts, result.parts);
}

TEST(Split, GroupsAreNeverDividedAndCsvIsReadBack) {
  const data::Folder folder;
  std::string table = "path,label,patient\n";
  for (int i = 0; i < 60; ++i) {
    folder.put(fmt::format("{}, x.jpg", i), std::to_string(i));
    table += fmt::format("\"{}, x.jpg\",{},p{}\n", i, i % 2 ? "cat" : "dog", i / 4);
  }
  folder.put("m.csv", table);
  const data::Source source = data::open_source(folder / "m.csv", {.group = "patient"});
  const SplitResult result = split(source, {.val = 0.3, .progress = ProgressStyle::none});
  std::map<std::string, std::set<Part>> where;
  for (size_t i = 0; i < 60; ++i) where[source.groups[i]].insert(result.parts[i]);
  EXPECT_EQ(where.size(), 15);
  for (const auto& [patient, parts] : where) EXPECT_EQ(parts.size(), 1) << patient;
  write_split(folder.path() / "out", source, result);
  const data::Source train = data::open_source(folder / "out/train.csv"),
                     val = data::open_source(folder / "out/val.csv");
  EXPECT_EQ(train.items.size() + val.items.size(), 60);
  EXPECT_GT(val.items.size(), 0);
  EXPECT_TRUE(fs::exists(val.items[0].path));
  EXPECT_FALSE(fs::exists(folder / "out/test.csv"));
  EXPECT_THROW(split(source, {.val = 0.6, .test = 0.4}), Error);
}

}  // namespace
}  // namespace troodon::prepare
