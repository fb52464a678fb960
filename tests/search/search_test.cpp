#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "collection/codes.hpp"
#include "collection/sqlite_store.hpp"
#include "search/asking.hpp"
#include "search/places.hpp"
#include "search/searcher.hpp"

namespace troodon::search {
namespace {

constexpr int kDim = 8, kTokenDim = 16, kSide = 8;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("troodon_search_" + std::to_string(::getpid()));
  ~Folder() { fs::remove_all(path); }
};

std::vector<float> random_rows(int rows, uint64_t seed, int dim = kTokenDim) {
  Random random(seed);
  std::vector<float> out(static_cast<size_t>(rows) * dim);
  for (int r = 0; r < rows; ++r) {
    double squares = 0;
    for (int d = 0; d < dim; ++d) {
      out[r * dim + d] = static_cast<float>(random.normal());
      squares += std::pow(out[r * dim + d], 2);
    }
    for (int d = 0; d < dim; ++d) out[r * dim + d] /= static_cast<float>(std::sqrt(squares));
  }
  return out;
}

/// A picture of noise in which an object of 2 x 3 tokens may lie.
std::vector<float> noise_with(const std::vector<float>& object,
                              int row,
                              int column,
                              uint64_t seed) {
  auto out = random_rows(kSide * kSide, seed);
  for (int r = 0; r < 2 && row >= 0; ++r) {
    for (int c = 0; c < 3; ++c)
      std::copy_n(object.begin() + (r * 3 + c) * kTokenDim,
                  kTokenDim,
                  out.begin() + ((row + r) * kSide + column + c) * kTokenDim);
  }
  return out;
}

collection::Settings settings() {
  return {.folder = "/photos",
          .model = "small",
          .model_key = "abc",
          .dim = kDim,
          .size = 64,
          .token_side = kSide};
}

collection::Record record(const std::string& path,
                          std::vector<float> vector,
                          const std::vector<float>& tokens) {
  return {.picture = {.path = path, .width = 80, .height = 80},
          .vector = std::move(vector),
          .tokens = collection::encode_tokens(tokens, kSide, kSide, kTokenDim, kSide)};
}

TEST(Regions, ThePictureWithThePlantedObjectComesFirstAndItsPlaceIsTold) {
  Folder folder;
  auto store = std::make_shared<collection::SqliteStore>(folder.path, settings());
  const auto object = random_rows(6, 1);
  std::vector<collection::Record> records;
  for (int i = 0; i < 30; ++i)
    records.push_back(record(std::to_string(i),
                             random_rows(1, 50 + i, kDim),
                             noise_with(object, i == 12 ? 3 : -1, 4, i)));
  store->put(records);
  const Searcher searcher(store);
  Question question;
  question.plus = {random_rows(1, 9, kDim)};
  question.region = {Region{.rows = 2, .columns = 3, .dim = kTokenDim, .tokens = object}};
  const Answer answer = searcher.ask(question, {.k = 3});
  ASSERT_EQ(answer.hits.size(), 3U);
  EXPECT_EQ(answer.hits[0].picture.path, "12");
  ASSERT_TRUE(answer.hits[0].place);
  const auto box = box_of(*answer.hits[0].place, 80, 80);
  EXPECT_EQ(box.left, 40);
  EXPECT_EQ(box.top, 30);
  EXPECT_EQ(box.width, 30);
  EXPECT_EQ(box.height, 20);
  EXPECT_GT(answer.hits[0].score, answer.hits[1].score + 0.1);
}

TEST(Regions, AFilterHoldsForThemToo) {
  Folder folder;
  auto store = std::make_shared<collection::SqliteStore>(folder.path, settings());
  const auto object = random_rows(6, 1);
  store->put(std::vector{record("with", random_rows(1, 1, kDim), noise_with(object, 0, 0, 1)),
                         record("without", random_rows(1, 2, kDim), noise_with(object, -1, 0, 2))});
  const Searcher searcher(store);
  Question question;
  question.region = {Region{.rows = 2, .columns = 3, .dim = kTokenDim, .tokens = object}};
  const Answer answer =
      searcher.ask(question, {.filter = collection::parse_filter("path != with")});
  ASSERT_EQ(answer.hits.size(), 1U);
  EXPECT_EQ(answer.hits[0].picture.path, "without");
}

TEST(Region, TakesThePatchesThatLieInItByHalf) {
  const auto tokens = random_rows(16, 4);
  const Region region =
      region_of(tokens, 4, 4, kTokenDim, {.x = 0.1, .y = 0.5, .width = 0.5, .height = 0.25});
  EXPECT_EQ(region.rows, 1);
  EXPECT_EQ(region.columns, 2);
  EXPECT_TRUE(
      std::equal(region.tokens.begin(), region.tokens.end(), tokens.begin() + 8 * kTokenDim));
  const Region tiny =
      region_of(tokens, 4, 4, kTokenDim, {.x = 0.9, .y = 0.9, .width = 0.01, .height = 0.01});
  EXPECT_TRUE(std::equal(tiny.tokens.begin(), tiny.tokens.end(), tokens.begin() + 15 * kTokenDim));
}

TEST(Searcher, MinusPushesAwayAndCopiesFold) {
  Folder folder;
  auto store = std::make_shared<collection::SqliteStore>(folder.path, settings());
  const auto axis = [](std::initializer_list<std::pair<int, float>> parts) {
    std::vector<float> out(kDim);
    for (const auto& [d, x] : parts) out[static_cast<size_t>(d)] = x;
    return out;
  };
  const auto noise = random_rows(kSide * kSide, 3);
  store->put(std::vector{record("both", axis({{0, 0.8F}, {1, 0.6F}}), noise),
                         record("first", axis({{0, 0.78F}, {2, 0.6257795F}}), noise),
                         record("copy of both", axis({{0, 0.8001F}, {1, 0.59986665F}}), noise),
                         record("other", axis({{5, 1}}), noise)});
  const Searcher searcher(store);
  Question question;
  question.plus = {axis({{0, 1}})};
  EXPECT_EQ(searcher.ask(question).hits[0].picture.path, "copy of both");
  question.minus = {axis({{1, 1}})};
  EXPECT_EQ(searcher.ask(question).hits[0].picture.path, "first");
  question.minus.clear();
  const Answer folded = searcher.ask(question, {.collapse = true});
  ASSERT_EQ(folded.hits.size(), 3U);
  EXPECT_EQ(folded.hits[0].copies, std::vector<int64_t>{1});
  const Answer varied = searcher.ask(question, {.k = 2, .diversity = 0.7});
  ASSERT_EQ(varied.hits.size(), 2U);
  EXPECT_NE(varied.hits[1].picture.path, "both") << "its copy is there already";
  EXPECT_THROW(searcher.ask({}), Error);
}

TEST(Box, BeyondThePictureIsCutAndOutsideIsRefused) {
  const Share share = share_of({.top = -10, .left = 50, .height = 30, .width = 100}, 100, 40);
  EXPECT_DOUBLE_EQ(share.x, 0.5);
  EXPECT_DOUBLE_EQ(share.width, 0.5);
  EXPECT_DOUBLE_EQ(share.height, 0.5);
  EXPECT_THROW(share_of({.top = 0, .left = 200, .height = 5, .width = 5}, 100, 40), Error);
}

}  // namespace
}  // namespace troodon::search
