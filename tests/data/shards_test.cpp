#include "data/shards.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "data/folder.hpp"
#include "data/images.hpp"
#include "data/tar.hpp"

namespace troodon::data {
namespace {

using Names = std::vector<std::string>;

/// One member as tar writes it: a ustar header and the content, padded to 512 bytes.
std::string member(const std::string& name, const std::string& content, char type = '0') {
  std::string head(512, '\0');
  name.copy(head.data(), 100);
  fmt::format("{:011o}", content.size()).copy(head.data() + 124, 11);
  head[156] = type;
  std::string("ustar\00000", 8).copy(head.data() + 257, 8);
  head.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  fmt::format("{:06o}", sum).copy(head.data() + 148, 6);
  head[154] = '\0';
  return head + content + std::string((512 - content.size() % 512) % 512, '\0');
}

std::string pax(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return member("pax", std::to_string(length) + rest, 'x');
}

const std::string kEnd(1024, '\0');

TarListing list(const std::string& archive) {
  return list_tar(std::as_bytes(std::span(archive)));
}

Names names(const TarListing& listing) {
  Names out;
  for (const TarMember& one : listing.members) out.push_back(one.name);
  return out;
}

TEST(Tar, ListsWhereEachFileLies) {
  const auto found =
      list(member("a.jpg", "12345") + member("d/", "", '5') + member("b.jpg", "xy") + kEnd);
  ASSERT_EQ(names(found), (Names{"a.jpg", "b.jpg"}));
  EXPECT_EQ(found.members[0].offset, 512);
  EXPECT_EQ(found.members[0].bytes, 5);
  EXPECT_EQ(found.members[1].offset, 2048);
  EXPECT_EQ(found.damage, "");
}

TEST(Tar, ReadsLongNamesOfGnuAndPax) {
  const std::string gnu(150, 'g'), from_pax(180, 'p');
  const auto found = list(member("././@LongLink", gnu + '\0', 'L') + member("short", "1") +
                          pax("path", from_pax) + member("short", "2") + member("c", "3") + kEnd);
  EXPECT_EQ(names(found), (Names{gnu, from_pax, "c"}));
}

TEST(Tar, DamageLeavesTheMembersBeforeIt) {
  const std::string whole = member("a", std::string(600, 'a')) + member("b", "b") + kEnd;
  for (const size_t cut : {1536 + 100, 1536 + 512}) {
    const auto found = list(whole.substr(0, cut));
    EXPECT_EQ(names(found), (Names{"a"})) << cut;
    EXPECT_NE(found.damage.find("at byte 1536"), std::string::npos) << found.damage;
  }
  std::string torn = whole;
  torn[1536] ^= 1;  // a bit of the second header: its checksum tells
  EXPECT_EQ(names(list(torn)), (Names{"a"}));
  EXPECT_NE(list(torn).damage, "");
}

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

}  // namespace
}  // namespace troodon::data
