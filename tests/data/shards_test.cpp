#include "data/shards.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "data/folder.hpp"
#include "data/images.hpp"
#include "formats/archive.hpp"

namespace troodon::data {
namespace {

using Names = std::vector<std::string>;
using formats::kEnd;
using formats::member;

TEST(Braces, RangesKeepTheirWidthAndMultiply) {
  EXPECT_EQ(expand_braces("{08..11}.tar"), (Names{"08.tar", "09.tar", "10.tar", "11.tar"}));
  EXPECT_EQ(expand_braces("{a,b}-{1..2}"), (Names{"a-1", "a-2", "b-1", "b-2"}));
  EXPECT_EQ(expand_braces("plain"), (Names{"plain"}));
  EXPECT_THROW(expand_braces("a{1..2"), Error);
  EXPECT_THROW(expand_braces("{0..9999999}"), Error);
}

TEST(Shards, SamplesTakeTheirLabelFromClsOrJson) {
  const Folder folder;
  folder.put("s-0.tar",
             member("1.cls", "3\n") + member("1.jpg", "one") + member("2.jpg", "two") +
                 member("2.json", R"({"label": 1})") + member("3.png", "three") + kEnd);
  const Source source = open_source(folder / "s-0.tar");
  ASSERT_EQ(source.items.size(), 3);
  EXPECT_EQ(source.items[0].id, "s-0.tar/1.jpg");
  EXPECT_EQ(source.items[0].label, 3);
  EXPECT_EQ(source.items[1].label, 1);
  EXPECT_EQ(source.items[2].label, -1);
  const auto stored = read_stored(source.items[1]);
  ASSERT_TRUE(stored);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(stored->data()), stored->size()), "two");
}

TEST(Shards, BracesAndWildcardsNameTheSameShards) {
  const Folder folder;
  for (const char* name : {"s-0.tar", "s-1.tar"})
    folder.put(name, member(std::string(name) + "x.jpg", "1") + kEnd);
  for (const char* pattern : {"s-{0..1}.tar", "s-*.tar", "s-?.tar", "s-{0,1}.tar"})
    EXPECT_EQ(open_source(folder / pattern).items.size(), 2) << pattern;
  EXPECT_THROW(open_source(folder / "s-{0..2}.tar"), Error);
  EXPECT_THROW(open_source(folder / "t-*.tar"), Error);
}

TEST(Shards, AFolderOfNothingElseIsItsShards) {
  const Folder folder;
  for (const char* name : {"s-0.tar", "s-1.tar"})
    folder.put(name, member(std::string(name) + "x.jpg", "1") + kEnd);
  folder.put("index.json", "{}");
  EXPECT_EQ(open_source(folder / "").items.size(), 2);
  folder.put("one.jpg", "1");
  EXPECT_EQ(open_source(folder / "").items.size(), 1);
}

}  // namespace
}  // namespace troodon::data
