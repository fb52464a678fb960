#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/folder.hpp"
#include "index/features.hpp"
#include "parquet/table.hpp"
#include "stages/cluster.hpp"
#include "stages/match.hpp"
#include "stages/retrieve.hpp"
#include "stages/sample.hpp"

namespace troodon::stages {
namespace {

using data::Folder;

constexpr int64_t kDim = 16;

void add_row(index::Features& to,
             const std::vector<float>& row,
             const std::string& id,
             int64_t label) {
  to.dim = kDim;
  ++to.rows;
  to.values.insert(to.values.end(), row.begin(), row.end());
  to.ids.push_back(id);
  to.labels.push_back(label);
}

/// Near axis `axis`, so that rows of one axis are alike (cosine about 0.97) and others are not.
std::vector<float> near_axis(int64_t axis, Random& random) {
  std::vector<float> row(kDim);
  for (float& v : row) v = static_cast<float>(0.04 * random.normal());
  row[static_cast<size_t>(axis)] += 1;
  return row;
}

/// `counts[c]` pictures c-0, c-1, ... of class c.
fs::path write_pool(const fs::path& file, const std::vector<int64_t>& counts, uint64_t seed = 1) {
  Random random(seed);
  index::Features features;
  for (size_t c = 0; c < counts.size(); ++c) {
    features.classes.push_back("class" + std::to_string(c));
    for (int64_t i = 0; i < counts[c]; ++i)
      add_row(features,
              near_axis(static_cast<int64_t>(c), random),
              fmt::format("{}-{}", c, i),
              static_cast<int64_t>(c));
  }
  index::write_features(file, features);
  return file;
}

std::set<std::string> paths(const fs::path& manifest) {
  const auto all = read_paths(manifest);
  return {all.begin(), all.end()};
}

TEST(Manifest, IsReadBackFromEveryFormat) {
  const Folder folder;
  const Manifest manifest{{{"path", std::vector<std::string>{"a.jpg", "b, \"c\".jpg"}},
                           {"copies", std::vector<int64_t>{1, -2}},
                           {"similarity", std::vector<double>{0.5, std::nan("")}}}};
  for (const char* name : {"m.csv", "m.jsonl", "m.parquet"}) {
    write_manifest(folder / name, manifest);
    EXPECT_EQ(read_paths(folder / name), (std::vector<std::string>{"a.jpg", "b, \"c\".jpg"}))
        << name;
  }
  const auto table = parquet::open_file(folder / "m.parquet");
  EXPECT_EQ(parquet::read_cells(table, 0, table.column("copies")).numbers,
            (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(parquet::read_cells(table, 0, table.column("similarity")).reals[0], 0.5);
  EXPECT_THROW(write_manifest(folder / "m.xls", manifest), Error);
  write_atomically(folder / "bad.csv", "file,label\nx,1\n");
  EXPECT_THROW(read_paths(folder / "bad.csv"), Error);
}

TEST(Dedup, KeepsOneOfEachKindAndSaysWhoTheOthersAreLike) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {3, 1, 4});
  const Removal seen =
      dedup({.features = pool, .out = folder / "kept.csv", .removed = folder / "gone.csv"});
  EXPECT_EQ(seen.kept, 3);
  EXPECT_EQ(seen.removed, 5);
  EXPECT_EQ(seen.largest, 4);
  EXPECT_EQ(paths(folder / "kept.csv"), (std::set<std::string>{"0-0", "1-0", "2-0"}));
  const std::string gone = read_text(folder / "gone.csv");
  EXPECT_NE(gone.find("2-3,class2,alike,2-0,0.9"), std::string::npos) << gone;
}

TEST(Dedup, TheBestByOrderStays) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {3, 1});
  write_atomically(folder / "order.txt", "0-2\n1-0\n");
  dedup({.features = pool,
         .order = folder / "order.txt",
         .out = folder / "kept.csv",
         .removed = folder / "gone.csv"});
  EXPECT_EQ(paths(folder / "kept.csv"), (std::set<std::string>{"0-2", "1-0"}));
}

TEST(Dedup, OfAPartLooksAtThatPartAlone) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {3, 2});
  write_atomically(folder / "only.txt", "1-1\n0-2\n0-1\n");
  const Removal seen = dedup({.features = pool,
                              .only = folder / "only.txt",
                              .out = folder / "kept.csv",
                              .removed = folder / "gone.csv"});
  EXPECT_EQ(seen.pool, 3);
  EXPECT_EQ(paths(folder / "kept.csv"), (std::set<std::string>{"0-1", "1-1"}));
  write_atomically(folder / "only.txt", "7-7\n");
  EXPECT_THROW(open_pool(pool, folder / "only.txt"), Error);
}

TEST(Match, LeavesNothingLikeAReference) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {3, 2, 2});
  const fs::path test = write_pool(folder / "test.safetensors", {0, 1}, 9);
  MatchOptions options;
  options.features = pool, options.references = {test};
  options.out = folder / "kept.csv", options.removed = folder / "gone.csv";
  const Removal seen = match(options);
  EXPECT_EQ(seen.removed, 2);
  EXPECT_EQ(paths(folder / "gone.csv"), (std::set<std::string>{"1-0", "1-1"}));
  EXPECT_EQ(paths(folder / "kept.csv").size(), 5U);
}

TEST(Retrieve, BringsTheNearestOfEachSeed) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {5, 5, 5});
  const fs::path seeds = write_pool(folder / "seeds.safetensors", {0, 2}, 9);
  const Retrieval seen = retrieve({.features = pool,
                                   .seeds = {seeds},
                                   .out = folder / "set.csv",
                                   .by_seed = folder / "seeds.csv",
                                   .each = 4});
  EXPECT_EQ(seen.sets[0].entries, 8);
  EXPECT_GE(seen.rows, 4);
  for (const std::string& path : paths(folder / "set.csv")) EXPECT_EQ(path[0], '1');
  EXPECT_EQ(paths(folder / "seeds.csv").size(), 2U);
}

TEST(Retrieve, ByClusterTakesClustersThatEnoughSeedsFallInto) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {20, 20, 20});
  const fs::path seeds = write_pool(folder / "seeds.safetensors", {1, 0, 5}, 9);
  ClusterOptions clusters{.features = pool, .out = folder / "clusters.safetensors"};
  clusters.clusters = {3};
  cluster(clusters);
  RetrieveOptions options{
      .features = pool, .seeds = {seeds}, .clusters = clusters.out, .out = folder / "set.csv"};
  options.rule.per_cluster = 15;
  const Retrieval seen = retrieve(options);
  EXPECT_EQ(seen.sets[0].clusters, 1);
  EXPECT_EQ(seen.rows, 15);
  for (const std::string& path : paths(folder / "set.csv")) EXPECT_EQ(path[0], '2');
}

TEST(Sample, EvensOutALongTail) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {200, 40, 20, 20});
  ClusterOptions clusters{.features = pool, .out = folder / "clusters.safetensors"};
  clusters.clusters = {28, 4}, clusters.resample = {4, 2};
  clusters.hierarchy.rounds = 3;
  const auto hierarchy = cluster(clusters);
  EXPECT_EQ(hierarchy.levels.size(), 2U);
  SampleOptions options{.features = pool, .clusters = clusters.out, .out = folder / "set.parquet"};
  options.sampling.target = 80;
  const Balance seen = sample(options);
  EXPECT_EQ(seen.chosen, 80);
  EXPECT_EQ(paths(folder / "set.parquet").size(), 80U);
  EXPECT_GT(seen.entropy_after, 0.95);
  EXPECT_LT(seen.entropy_before, 0.75);
}

TEST(Pool, RowsWithoutNamesGoByNumberFromStageToStage) {
  const Folder folder;
  const std::vector<float> values = {1, 0, 1, 0, 0, 1, 0.6F, 0.8F};
  write_npy(folder / "pool.npy", {"", DType::f32, {4, 2}, bytes_of(values)});
  DedupOptions options{
      .features = folder / "pool.npy", .out = folder / "kept.csv", .removed = folder / "gone.csv"};
  options.search.graph.threshold = 0.99;
  EXPECT_EQ(dedup(options).removed, 1);
  EXPECT_EQ(open_pool(options.features, options.out).paths,
            (std::vector<std::string>{"0", "2", "3"}));
}

TEST(Sample, RefusesClustersOfAnotherPool) {
  const Folder folder;
  const fs::path pool = write_pool(folder / "pool.safetensors", {9, 9});
  const fs::path other = write_pool(folder / "other.safetensors", {9, 8});
  ClusterOptions clusters{.features = pool, .out = folder / "clusters.safetensors"};
  clusters.clusters = {2};
  cluster(clusters);
  SampleOptions options{.features = other, .clusters = clusters.out, .out = folder / "set.csv"};
  options.sampling.target = 4;
  EXPECT_THROW(sample(options), Error);
}

}  // namespace
}  // namespace troodon::stages
