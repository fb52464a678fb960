#ifdef TROODON_HAVE_COLLECTIONS

#include "troodon/collection.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "../data/folder.hpp"
#include "drawings.hpp"
#include "exit_code.hpp"
#include "troodon/error.hpp"

namespace troodon {
namespace {

/// One of three kinds of picture: discs, stripes, squares.
Image of_kind(const std::string& kind, std::uint64_t seed) {
  if (kind == "discs") return discs(96, 96, seed);
  Image out = plain(96, 96, {});
  for (int y = 0; y < 96; ++y) {
    for (int x = 0; x < 96; ++x) {
      const int width = 8 + static_cast<int>(seed % 4);
      const bool light = kind == "stripes" ? x / width % 2 == 0 : (x / width + y / width) % 2 == 0;
      std::fill_n(out.rgb.begin() + 3 * (y * 96 + x), 3, light ? 220 : 40);
    }
  }
  return noisy(std::move(out), seed, 30);
}

/// Four pictures of each kind in folders of their names.
class CollectionTest : public ::testing::Test {
 protected:
  data::Folder folder_;
  OwnCache cache_{folder_ / "cache"};
  fs::path photos_ = folder_.path() / "photos";

  void SetUp() override {
    for (const char* kind : {"discs", "stripes", "squares"})
      for (std::uint64_t i = 0; i < 4; ++i)
        put(std::string(kind) + "/" + std::to_string(i) + ".png", of_kind(kind, i));
  }
  void put(const std::string& name, const Image& picture) const {
    fs::create_directories((photos_ / name).parent_path());
    write_picture(photos_ / name, picture);
  }
};

std::vector<std::string> paths_of(const std::vector<SearchHit>& hits) {
  std::vector<std::string> out;
  for (const SearchHit& hit : hits) out.push_back(hit.picture.path);
  return out;
}

TEST_F(CollectionTest, IsMadeEmptyThenAddedToThenKeptUpToDate) {
  Collection collection(photos_);
  EXPECT_EQ(collection.count(), 0);
  write_atomically(photos_ / "broken.png", "no picture");
  std::int64_t heard = 0;
  const AddResult first = collection.add({.advanced = [&](auto done, auto) { heard = done; }});
  EXPECT_EQ(first.found, 13);
  EXPECT_EQ(first.added, 12);
  EXPECT_EQ(heard, 13);
  EXPECT_EQ(first.bad_files.size(), 1U);
  EXPECT_TRUE(first.bad_files.contains("broken.png"));
  EXPECT_FALSE(first.interrupted);
  EXPECT_EQ(collection.count("label = stripes"), 4);
  EXPECT_NE(collection.description(), "");

  fs::remove(photos_ / "discs/0.png");
  put("squares/new.png", of_kind("squares", 9));
  const AddResult second = collection.add();
  EXPECT_EQ(second.added, 1);
  EXPECT_EQ(second.removed, 1);
  EXPECT_EQ(second.unchanged, 12);  // the broken one isn't looked at again
  EXPECT_EQ(collection.remove({"squares/new.png", "unknown.png"}), 1);
  EXPECT_EQ(collection.count(), 11);
  const auto listed = collection.list("label = discs", 1, 1);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].path, "discs/2.png");
  EXPECT_EQ(listed[0].width, 96);
}

TEST_F(CollectionTest, FindsItsLikeByFileByPathInsideAndByPixels) {
  Collection collection(photos_);
  collection.add();
  const auto hits = collection.search({.like = {photos_ / "stripes/1.png"}}, {.k = 4});
  ASSERT_EQ(hits.size(), 4U);
  EXPECT_EQ(hits[0].picture.path, "stripes/1.png");
  EXPECT_EQ(hits[0].word, "copy");
  EXPECT_GT(hits[0].score, 0.999);
  for (const SearchHit& hit : hits) EXPECT_EQ(hit.picture.label, "stripes");
  EXPECT_EQ(paths_of(collection.search({.like = {"stripes/1.png"}}, {.k = 4})), paths_of(hits));
  const Image pixels = of_kind("stripes", 1);
  EXPECT_EQ(paths_of(collection.search({.like = {pixels.pixels()}}, {.k = 4})), paths_of(hits));
}

TEST_F(CollectionTest, SeveralPicturesFiltersAndTheUnwantedCount) {
  Collection collection(photos_);
  collection.add();
  const auto both = collection.search({.like = {"stripes/0.png", "discs/0.png"}}, {.k = 2});
  const auto less = collection.search(
      {.like = {"stripes/0.png", "discs/0.png"}, .unlike = {"discs/1.png"}}, {.k = 12});
  EXPECT_EQ(less[0].picture.label, "stripes");
  EXPECT_EQ(both.size(), 2U);
  for (const auto& hit :
       collection.search({.like = {"stripes/0.png"}}, {.filter = "label != stripes"}))
    EXPECT_NE(hit.picture.label, "stripes");
}

TEST_F(CollectionTest, CopiesAreFoldedAndVarietyLeavesTheAlikeBehind) {
  put("copy.png", of_kind("stripes", 0));
  Collection collection(photos_);
  collection.add();
  const SearchQuery query{.like = {"stripes/0.png"}};
  const auto plainly = collection.search(query, {.k = 2});
  EXPECT_GT(plainly[1].score, 0.999);
  const auto folded = collection.search(query, {.k = 2, .collapse = true});
  ASSERT_EQ(folded.size(), 2U);
  EXPECT_GE(folded[0].copies.size(), 1U);
  EXPECT_LT(folded[1].score, 0.98);
  const auto varied = collection.search(query, {.k = 3, .diversity = 1});
  EXPECT_NE(paths_of(varied), paths_of(collection.search(query, {.k = 3})));
}

TEST_F(CollectionTest, ARegionIsFoundWithItsPlace) {
  Image scene = noisy(plain(96, 96, {120, 130, 120}), 3, 20);
  draw_disc(scene, 66, 30, 22, {200, 40, 40});
  draw_disc(scene, 66, 30, 12, {250, 250, 60});
  put("target.png", scene);
  Image asked = noisy(plain(96, 96, {60, 70, 90}), 4, 20);
  draw_disc(asked, 30, 60, 22, {200, 40, 40});
  draw_disc(asked, 30, 60, 12, {250, 250, 60});
  Collection collection(photos_);
  collection.add();
  const auto hits = collection.search(
      {.like = {asked.pixels()}, .region = Box{.x = 8, .y = 38, .width = 44, .height = 44}},
      {.k = 3});
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits[0].picture.path, "target.png");
  ASSERT_TRUE(hits[0].box);
  const Box box = *hits[0].box;
  EXPECT_NEAR(box.x + box.width / 2.0, 66, 12);
  EXPECT_NEAR(box.y + box.height / 2.0, 30, 12);
}

TEST_F(CollectionTest, RefreshShowsWhatAnotherObjectAdded) {
  Collection one(photos_);
  one.add();
  put("stripes/late.png", of_kind("stripes", 7));
  Collection(photos_).add();
  const Image pixels = of_kind("stripes", 7);
  const SearchQuery query{.like = {pixels.pixels()}};
  EXPECT_NE(one.search(query)[0].picture.path, "stripes/late.png");
  one.refresh();
  EXPECT_EQ(one.search(query)[0].picture.path, "stripes/late.png");
}

TEST_F(CollectionTest, ThreadsSearchWhilePicturesAreAdded) {
  Collection collection(photos_);
  collection.add();
  for (std::uint64_t i = 10; i < 20; ++i)
    put("squares/" + std::to_string(i) + ".png", of_kind("squares", i));
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] { right += collection.add().added == 10; });
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i)
          right += collection.search({.like = {"discs/1.png"}})[0].picture.path == "discs/1.png";
      });
  }
  EXPECT_EQ(right, 11);
  EXPECT_EQ(collection.count(), 22);
}

TEST_F(CollectionTest, FailuresCarryTheExitCode) {
  EXPECT_EQ(code_of([&] { Collection("/nowhere"); }), Exit::input);
  Collection collection(photos_);
  collection.add();
  const SearchQuery query{.like = {"discs/0.png"}};
  EXPECT_EQ(code_of([&] { collection.search({}); }), Exit::usage);
  EXPECT_EQ(code_of([&] { collection.search(query, {.k = 0}); }), Exit::usage);
  EXPECT_EQ(code_of([&] { collection.search(query, {.filter = "label >"}); }), Exit::usage);
  EXPECT_EQ(code_of([&] { (void)collection.count("= dog"); }), Exit::usage);
  EXPECT_EQ(code_of([&] { collection.search({.like = {"none.png"}}); }), Exit::input);
  EXPECT_EQ(code_of([&] {
              collection.search({.like = {"discs/0.png"}, .region = Box{200, 200, 10, 10}});
            }),
            Exit::usage);
}

}  // namespace
}  // namespace troodon

#endif
