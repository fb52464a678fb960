#ifdef TROODON_HAVE_POSTGRES

#include <cmath>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "collection/codes.hpp"
#include "collection/postgres/store.hpp"

// Needs a server: tests/end_to_end/postgres_test.py starts one and names it in TROODON_POSTGRES.
namespace troodon::collection {
namespace {

constexpr int64_t kDim = 16;

Record record_of(const std::string& path, uint64_t seed) {
  Record out{.picture = {.path = path,
                         .file = {.bytes = 100 + static_cast<int64_t>(seed), .modified_ns = 5},
                         .content_hash = -7,
                         .difference = 9,
                         .width = 640,
                         .height = 480,
                         .label = seed % 2 == 0 ? "dog" : "cat",
                         .columns = {{"price", std::to_string(seed)}, {"it's", "a \"b\""}}}};
  Random random(seed);
  double squares = 0;
  for (int64_t d = 0; d < kDim; ++d) {
    out.vector.push_back(static_cast<float>(random.normal()));
    squares += double{out.vector.back()} * out.vector.back();
  }
  for (float& x : out.vector) x = static_cast<float>(x / std::sqrt(squares));
  out.tokens = encode_tokens(out.vector, 1, 1, kDim, seed % 3 == 0 ? 0 : 4);
  return out;
}

std::vector<Record> records_of(int64_t count, uint64_t first = 0) {
  std::vector<Record> out;
  for (int64_t i = 0; i < count; ++i)
    out.push_back(record_of("p" + std::to_string(first + i) + ".jpg", first + i));
  return out;
}

/// A collection of a test's own, away afterwards.
class Postgres : public testing::Test {
 protected:
  void SetUp() override {
    const char* url = std::getenv("TROODON_POSTGRES");
    if (url == nullptr) GTEST_SKIP() << "TROODON_POSTGRES names no server";
    static int count = 0;
    where_ = std::string(url) + "#test_" + std::to_string(++count);
    drop();
    store_ = std::make_unique<PostgresStore>(where_, settings());
  }
  void TearDown() override {
    store_.reset();
    if (!where_.empty()) drop();
  }
  void drop() const {
    const auto address = postgres::address_of(where_);
    postgres::Connection(address).execute("DROP SCHEMA IF EXISTS " + address.schema() + " CASCADE");
  }
  static Settings settings() {
    return {.folder = "/pictures", .model = "small", .model_key = "key", .dim = kDim, .size = 96};
  }
  std::string where_;
  std::unique_ptr<PostgresStore> store_;
};

TEST_F(Postgres, GivesBackWhatWasPut) {
  const auto records = records_of(5);
  store_->put(records);
  const PostgresStore other(where_);
  const auto pictures = other.list({}, 0, 100);
  ASSERT_EQ(pictures.size(), 5);
  for (size_t i = 0; i < 5; ++i) {
    const Picture &a = pictures[i], &b = records[i].picture;
    EXPECT_EQ(std::tie(a.path, a.file, a.content_hash, a.difference, a.width, a.height),
              std::tie(b.path, b.file, b.content_hash, b.difference, b.width, b.height));
    EXPECT_EQ(a.label, b.label);
    EXPECT_EQ(a.columns, b.columns);
    const int64_t id = a.id;
    const auto tokens = other.tokens(std::vector<int64_t>{id, 999});
    EXPECT_EQ(tokens[0].codes, records[i].tokens.codes);
    EXPECT_EQ(tokens[1].rows, 0);
  }
  const Vectors vectors = other.vectors(0, 100);
  for (size_t i = 0; i < 5; ++i)
    EXPECT_TRUE(std::equal(records[i].vector.begin(),
                           records[i].vector.end(),
                           vectors.values.begin() + static_cast<int64_t>(i) * kDim));
  EXPECT_EQ(other.vectors(vectors.ids[2], 1).ids, std::vector<int64_t>{vectors.ids[3]});
  EXPECT_EQ(other.settings().model_key, "key");
  EXPECT_TRUE(other.verify().empty());
}

TEST_F(Postgres, APathThatComesAgainReplacesTheOldPicture) {
  store_->put(records_of(3));
  const int64_t before = store_->version();
  const auto old = store_->ids({});
  store_->put(std::vector{record_of("p1.jpg", 77)});
  EXPECT_EQ(store_->count({}), 3);
  EXPECT_GT(store_->version(), before);
  EXPECT_EQ(store_->removed_since(before), std::vector{old[1]});
  EXPECT_GT(store_->ids({}).back(), old.back());
  store_->compact();
  EXPECT_EQ(store_->removed_since(before), std::nullopt);
}

TEST_F(Postgres, RemovesPicturesAndUnreadableFiles) {
  store_->put(records_of(3));
  store_->put_unreadable(std::vector<Unreadable>{{"p1.jpg", {1, 2}, "cut short"}});
  EXPECT_EQ(store_->count({}), 2);
  EXPECT_EQ(store_->unreadable().at(0).reason, "cut short");
  EXPECT_EQ(store_->files().size(), 3);
  EXPECT_EQ(store_->remove(std::vector<std::string>{"p0.jpg", "p1.jpg", "none"}), 1);
  EXPECT_EQ(store_->files().size(), 1);
  EXPECT_TRUE(store_->unreadable().empty());
}

TEST_F(Postgres, FiltersAsThePredicateDoes) {
  auto records = records_of(30);
  records[3].picture.columns["price"] = "cheap";
  records[4].picture.columns["price"] = "1e2";
  records[5].picture.columns.erase("price");
  records[6].picture.path = "Beach_100%.jpg";
  store_->put(records);
  for (const char* text : {"label = dog",
                           "price > 5 and price <= 17",
                           "price != 7",
                           "price = cheap",
                           "price < 100.5 and label != dog",
                           "path ~ beach_100%",
                           "path ~ _",
                           "it's = \"a \\\"b\\\"\"",
                           "bytes >= 120",
                           "width = 640 and height < 481",
                           "label < d",
                           "none = \"\""}) {
    Filter filter;
    try {
      filter = parse_filter(text);
    } catch (const Error&) {
      continue;  // what the parser refuses no store sees
    }
    int64_t wanted = 0;
    for (const Picture& p : store_->list({}, 0, 100)) wanted += passes(filter, p) ? 1 : 0;
    EXPECT_EQ(store_->count(filter), wanted) << text;
  }
}

TEST_F(Postgres, NamesAndLabelsOfAnyBytesComeBack) {
  std::vector<Record> records = {record_of("caf\xC3\xA9 '\\ %_.jpg", 1),
                                 record_of("\xE9t\xE9.jpg", 2),
                                 record_of("\xF0\x9F\xA6\x96.jpg", 3)};
  records[0].picture.label = "'; DROP TABLE pictures; --";
  records[1].picture.columns = {{"a'b", "\xFF"}};
  store_->put(records);
  std::map<std::string, FileState> wanted;
  for (const Record& r : records) wanted[r.picture.path] = r.picture.file;
  EXPECT_EQ(store_->files(), wanted);
  EXPECT_EQ(store_->labels()[0].second, 1);
  EXPECT_EQ(store_->remove(std::vector<std::string>{records[1].picture.path}), 1);
  EXPECT_EQ(store_->count({{.column = "a'b", .value = "x"}}), 0);
}

TEST_F(Postgres, FindsTheNearestWithAndWithoutAnIndex) {
  const auto records = records_of(6000);
  const auto check = [&](int64_t count) {
    for (int64_t q = 0; q < 20; ++q) {
      const auto hits = store_->nearest(records[q].vector, 5, {});
      ASSERT_EQ(hits->size(), 5);
      EXPECT_EQ(store_->pictures(std::vector{hits->at(0).id})[0].path, records[q].picture.path);
      EXPECT_NEAR(hits->at(0).score, 1, 1e-5);
    }
    EXPECT_EQ(store_->count({}), count);
  };
  store_->put(std::span(records).first(1000));
  check(1000);
  store_->put(std::span(records).subspan(1000));  // beyond 5000: an index is made
  check(6000);
}

TEST_F(Postgres, FindsKWhereAFilterLetsFewPass) {
  const auto records = records_of(6000);
  store_->put(records);
  const Filter filter = parse_filter("price >= 5980 and label = dog");
  const auto hits = store_->nearest(records[1].vector, 10, filter);
  ASSERT_EQ(hits->size(), 10);
  for (size_t i = 1; i < 10; ++i) EXPECT_GE(hits->at(i - 1).score, hits->at(i).score);
  EXPECT_TRUE(store_->nearest(records[1].vector, 10, parse_filter("price = 70000"))->empty());
  EXPECT_TRUE(store_->nearest(records[1].vector, 0, {})->empty());
}

TEST_F(Postgres, DescribesPicturesWithoutNewIds) {
  store_->put(records_of(2));
  const auto before = store_->ids({});
  Picture p = store_->list({}, 0, 1)[0];
  p.label = "fish", p.columns = {{"x", "1"}};
  store_->describe(std::vector{p});
  EXPECT_EQ(store_->ids({}), before);
  EXPECT_EQ(store_->list({}, 0, 1)[0].label, "fish");
  EXPECT_EQ(store_->columns(), (std::vector<std::string>{"it's", "price", "x"}));
}

TEST_F(Postgres, WritersAtOnceTakeTurnsAndLoseNothing) {
  {
    std::vector<std::jthread> writers;
    for (uint64_t w = 0; w < 4; ++w)
      writers.emplace_back([&, w] {
        PostgresStore mine(where_);
        for (uint64_t i = 0; i < 5; ++i) mine.put(records_of(10, 1000 * w + 10 * i));
      });
  }
  EXPECT_EQ(store_->count({}), 200);
  EXPECT_EQ(store_->version(), 20);
  EXPECT_TRUE(store_->verify().empty());
}

TEST_F(Postgres, VerifyNamesThePictureWhoseVectorChanged) {
  store_->put(records_of(3));
  postgres::Connection(postgres::address_of(where_))
      .execute("UPDATE vectors SET vector = (SELECT vector FROM vectors ORDER BY id LIMIT 1)");
  const auto faults = store_->verify();
  ASSERT_EQ(faults.size(), 2);
  EXPECT_NE(faults[0].find("p1.jpg"), std::string::npos);
}

TEST_F(Postgres, RefusesOtherSettings) {
  Settings other = settings();
  other.size = 224;
  EXPECT_THROW(PostgresStore(where_, other), Error);
}

TEST_F(Postgres, GoesOnAfterAConnectionWasLost) {
  store_->put(records_of(2));
  postgres::Connection(postgres::address_of(where_))
      .execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
          "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
  std::this_thread::sleep_for(
      std::chrono::milliseconds(300));  // the server ends them when it likes
  EXPECT_EQ(store_->count({}), 2);
}

TEST_F(Postgres, SaysWhatIsMissing) {
  const auto says = [](const std::string& where, const char* words) {
    try {
      PostgresStore store(where);
      ADD_FAILURE() << where;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Exit::input);
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  says("postgresql://localhost:1/none", "no PostgreSQL answers");
  says(where_ + "x", "there is no collection");
  says("postgresql://localhost/#No Name", "names no collection");
}

TEST(PostgresText, AnyBytesGoAndComeBack) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& text : {all,
                                  std::string("caf\xC3\xA9"),
                                  std::string("\xED\xA0\x80"),
                                  std::string("\xF4\x90\x80\x80"),
                                  std::string("\xE2\x82")})
    EXPECT_EQ(postgres::received(postgres::sendable(text)), text);
  EXPECT_EQ(postgres::sendable("caf\xC3\xA9"), "caf\xC3\xA9");
}

}  // namespace
}  // namespace troodon::collection

#endif
