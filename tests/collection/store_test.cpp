#include <cmath>
#include <sqlite3.h>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "collection/codes.hpp"
#include "collection/finder.hpp"
#include "collection/sqlite_store.hpp"

namespace troodon::collection {
namespace {

constexpr int kDim = 8;

/// A folder that goes when the test ends.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("troodon_store_" + std::to_string(::getpid()) + "_" +
                                               std::to_string(counter()++));
  ~Folder() { fs::remove_all(path); }
  static int& counter() {
    static int count = 0;
    return count;
  }
};

Settings settings() {
  return {.folder = "/photos",
          .model = "small",
          .model_key = "abc",
          .dim = kDim,
          .size = 64,
          .token_side = 4};
}

Record record(const std::string& path, uint64_t seed, const std::string& label = "") {
  Random random(seed);
  Record out{
      .picture = {.path = path, .file = {10, 20}, .width = 100, .height = 50, .label = label}};
  double squares = 0;
  for (int d = 0; d < kDim; ++d) {
    out.vector.push_back(static_cast<float>(random.normal()));
    squares += std::pow(out.vector.back(), 2);
  }
  for (float& x : out.vector) x /= static_cast<float>(std::sqrt(squares));
  std::vector<float> tokens(4 * kDim);
  for (float& x : tokens) x = static_cast<float>(random.normal());
  out.tokens = encode_tokens(tokens, 2, 2, kDim, 4);
  return out;
}

std::vector<std::string> paths(const std::vector<Picture>& pictures) {
  std::vector<std::string> out;
  for (const Picture& picture : pictures) out.push_back(picture.path);
  return out;
}

TEST(Store, GivesBackWhatWasPut) {
  Folder folder;
  SqliteStore store(folder.path, settings());
  Record first = record("a/1.jpg", 1, "a");
  first.picture.columns = {{"year", "2019"}, {"it's \"quoted\"", "yes"}};
  store.put(std::vector{first, record("b/2.jpg", 2, "b")});
  EXPECT_EQ(store.count(), 2);
  const auto pictures = store.list({}, 0, 10);
  ASSERT_EQ(paths(pictures), (std::vector<std::string>{"a/1.jpg", "b/2.jpg"}));
  EXPECT_EQ(pictures[0].columns, first.picture.columns);
  EXPECT_EQ(pictures[0].file, first.picture.file);
  const Vectors vectors = store.vectors(0, 10);
  EXPECT_EQ(std::vector(vectors.values.begin(), vectors.values.begin() + kDim), first.vector);
  const auto tokens = store.tokens(std::vector{pictures[0].id});
  EXPECT_EQ(tokens[0].codes, first.tokens.codes);
  EXPECT_EQ(store.columns(), (std::vector<std::string>{"it's \"quoted\"", "year"}));
  EXPECT_TRUE(store.verify().empty());
}

TEST(Store, AChangedPictureReplacesItselfUnderANewNumber) {
  Folder folder;
  SqliteStore store(folder.path, settings());
  store.put(std::vector{record("a.jpg", 1)});
  const int64_t before = store.list({}, 0, 1)[0].id, version = store.version();
  store.put(std::vector{record("a.jpg", 2)});
  EXPECT_EQ(store.count(), 1);
  EXPECT_GT(store.list({}, 0, 1)[0].id, before);
  EXPECT_EQ(store.removed_since(version), std::vector{before});
}

TEST(Store, SqlAgreesWithPasses) {
  Folder folder;
  SqliteStore store(folder.path, settings());
  std::vector<Record> records;
  for (int i = 0; i < 40; ++i) {
    Record one = record(
        std::to_string(i) + (i % 3 == 0 ? " Beach.jpg" : ".jpg"), i, i % 2 == 0 ? "dog" : "");
    one.picture.width = 100 * i;
    if (i % 4 == 0) one.picture.columns = {{"year", std::to_string(2000 + i)}, {"100%", "a_b"}};
    if (i % 4 == 1) one.picture.columns = {{"year", "unknown"}};
    records.push_back(one);
  }
  store.put(records);
  const auto all = store.list({}, 0, 100);
  for (const char* text : {"label = dog",
                           "label != dog",
                           "width >= 1000 and width < 3000",
                           "year > 2010",
                           "year != 2012",
                           "year = unknown",
                           "path ~ beach",
                           "year >= u",
                           "id <= 7",
                           "label = \"\""}) {
    const Filter filter = parse_filter(text);
    std::vector<std::string> wanted;
    for (const Picture& picture : all) {
      if (passes(filter, picture)) wanted.push_back(picture.path);
    }
    EXPECT_EQ(paths(store.list(filter, 0, 100)), wanted) << text;
    EXPECT_EQ(store.count(filter), static_cast<int64_t>(wanted.size())) << text;
  }
  EXPECT_THROW(store.count(parse_filter("a\"b = 1")), Error);
}

TEST(Store, OtherSettingsAreRefusedInWords) {
  Folder folder;
  SqliteStore(folder.path, settings()).put(std::vector{record("a.jpg", 1)});
  Settings other = settings();
  other.model = "vits14", other.model_key = "def";
  try {
    SqliteStore store(folder.path, other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::input);
    EXPECT_NE(std::string(error.what()).find("small"), std::string::npos) << error.what();
  }
}

TEST(Store, VerifyFindsDamage) {
  Folder folder;
  {
    SqliteStore store(folder.path, settings());
    store.put(std::vector{record("a.jpg", 1), record("b.jpg", 2)});
  }
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open((folder.path / "collection.db").c_str(), &raw), SQLITE_OK);
  sqlite3_exec(
      raw, "UPDATE vectors SET vector = zeroblob(32) WHERE id = 2", nullptr, nullptr, nullptr);
  sqlite3_exec(raw, "DELETE FROM vectors WHERE id = 1", nullptr, nullptr, nullptr);
  sqlite3_close(raw);
  const auto faults = SqliteStore(folder.path).verify();
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_NE(faults[0].find("a.jpg"), std::string::npos);
  EXPECT_NE(faults[1].find("b.jpg"), std::string::npos);
}

TEST(Store, AFileThatIsNoCollectionIsRefused) {
  Folder folder;
  EXPECT_THROW(SqliteStore store(folder.path), Error);
  write_atomically(folder.path / "collection.db", std::string(4096, 'x'));
  EXPECT_THROW(SqliteStore store(folder.path), Error);
}

TEST(Store, ReadersDoNotWaitForAWriter) {
  Folder folder;
  SqliteStore store(folder.path, settings());
  store.put(std::vector{record("a.jpg", 1)});
  Database other(folder.path / "collection.db", Database::Mode::write);
  Transaction open(other);  // somebody is in the middle of a batch
  other.execute("DELETE FROM pictures");
  EXPECT_EQ(store.count(), 1) << "what was committed is seen, at once";
  EXPECT_EQ(store.vectors(0, 10).ids.size(), 1U);
}

TEST(Finder, FindsWhatAScanOfAllFinds) {
  Folder folder;
  const auto store = std::make_shared<SqliteStore>(folder.path, settings());
  std::vector<Record> records;
  for (int i = 0; i < 300; ++i)
    records.push_back(record(std::to_string(i), i, i % 2 == 0 ? "even" : "odd"));
  store->put(records);
  const Finder finder(store, {.threads = 2});
  const auto hits = finder.nearest(records[17].vector, 3);
  ASSERT_EQ(hits.size(), 3U);
  EXPECT_EQ(hits[0].id, 18);
  EXPECT_NEAR(hits[0].score, 1, 1e-5);
  EXPECT_GE(hits[1].score, hits[2].score);
  const auto even = finder.nearest(records[17].vector, 400, parse_filter("label = even"));
  EXPECT_EQ(even.size(), 150U);
  EXPECT_TRUE(std::ranges::all_of(even, [](const Hit& hit) { return hit.id % 2 == 1; }));
  EXPECT_THROW(finder.nearest(std::vector<float>(3), 1), Error);
}

TEST(Finder, RefreshSeesAdditionsAndRemovalsAndOldSnapshotsStay) {
  Folder folder;
  const auto store = std::make_shared<SqliteStore>(folder.path, settings());
  const Record a = record("a", 1), b = record("b", 2), c = record("c", 3);
  store->put(std::vector{a, b});
  Finder finder(store);
  const auto old = finder.snapshot();
  store->put(std::vector{c});
  store->remove(std::vector<std::string>{"a"});
  EXPECT_EQ(finder.nearest(a.vector, 5).size(), 2U) << "not before refresh()";
  finder.refresh();
  const auto hits = finder.nearest(c.vector, 5);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].id, 3);
  EXPECT_EQ(finder.nearest(a.vector, 1)[0].id == 1, false);
  EXPECT_EQ(old->pictures(), 2);
  EXPECT_EQ(finder.state().pictures, 2);
  store->compact();
  store->remove(std::vector<std::string>{"b"});
  finder.refresh();
  EXPECT_EQ(finder.state().pictures, 1);
}

TEST(Finder, ByTheGraphFindsNearlyAllAndNothingThatWent) {
  Folder folder;
  const auto store = std::make_shared<SqliteStore>(folder.path, settings());
  std::vector<Record> records;
  for (int i = 0; i < 1200; ++i)
    records.push_back(record(std::to_string(i), i, i % 3 == 0 ? "third" : ""));
  store->put(std::span(records).first(1000));
  const Finder exact(store);
  ASSERT_TRUE(update_graph(*store, 1, 500));
  EXPECT_FALSE(update_graph(*store, 1, 500)) << "nothing came since";
  store->put(std::span(records).subspan(1000));
  store->remove(std::vector<std::string>{"5", "6", "1100"});
  const Finder finder(store);
  EXPECT_EQ(finder.state().kind, "graph");
  EXPECT_GE(finder.state().recall, 0.95);
  EXPECT_EQ(finder.state().pictures, 1197);
  std::vector<Hit> all;
  int found = 0;
  for (int i = 0; i < 50; ++i) {
    const auto hits = finder.nearest(records[i * 24].vector, 10);
    const auto snapshot = finder.snapshot();
    Snapshot plain = *snapshot;
    plain.graph = nullptr;
    const auto wanted = scan(plain, records[i * 24].vector, 10, nullptr, 1);
    for (const Hit& hit : hits) {
      EXPECT_TRUE(hit.id != 6 && hit.id != 7 && hit.id != 1101);
      found += std::ranges::count(wanted, hit.id, &Hit::id) > 0 ? 1 : 0;
    }
  }
  EXPECT_GE(found, 475);
  EXPECT_EQ(finder.nearest(records[1001].vector, 1)[0].id, 1002) << "what the graph doesn't know";
  const auto third = finder.nearest(records[3].vector, 1000, parse_filter("label = third"));
  EXPECT_EQ(third.size(), 399U);
}

TEST(Finder, ADamagedGraphIsPassedOver) {
  Folder folder;
  const auto store = std::make_shared<SqliteStore>(folder.path, settings());
  std::vector<Record> records;
  for (int i = 0; i < 600; ++i) records.push_back(record(std::to_string(i), i));
  store->put(records);
  ASSERT_TRUE(update_graph(*store, 1, 500));
  for (const auto& entry : fs::directory_iterator(folder.path)) {
    if (entry.path().extension() == ".ids") fs::resize_file(entry.path(), 100);
  }
  const Finder finder(store);
  EXPECT_EQ(finder.state().kind, "exact");
  EXPECT_EQ(finder.nearest(records[9].vector, 1)[0].id, 10);
}

TEST(TokenCodes, AreWithinHalfAStepAndSurviveBytes) {
  Random random(3);
  std::vector<float> tokens(6 * kDim);
  for (float& x : tokens) x = static_cast<float>(random.normal() * 7);
  const TokenCodes codes = encode_tokens(tokens, 2, 3, kDim, 8);
  const auto back = decode_tokens(codes_of(bytes_of(codes)));
  for (int t = 0; t < 6; ++t) {
    double squares = 0;
    for (int d = 0; d < kDim; ++d) squares += std::pow(tokens[t * kDim + d], 2);
    for (int d = 0; d < kDim; ++d)
      EXPECT_NEAR(back[t * kDim + d], tokens[t * kDim + d] / std::sqrt(squares), 0.5 / 127 + 1e-6);
  }
  auto cut = bytes_of(codes);
  cut.pop_back();
  EXPECT_THROW(codes_of(cut), Error);
}

TEST(TokenCodes, LargerGridsAreAveraged) {
  std::vector<float> tokens(16 * kDim);
  for (int t = 0; t < 16; ++t) tokens[t * kDim + (t % 4 < 2 ? 0 : 1)] = 1;  // left, right
  const TokenCodes codes = encode_tokens(tokens, 4, 4, kDim, 2);
  EXPECT_EQ(codes.rows, 2);
  const auto back = decode_tokens(codes);
  EXPECT_NEAR(back[0], 1, 1e-6);
  EXPECT_NEAR(back[kDim + 1], 1, 1e-6);
}

}  // namespace
}  // namespace troodon::collection
