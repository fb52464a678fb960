#include "formats/tar.hpp"

#include <gtest/gtest.h>

#include "formats/archive.hpp"

namespace troodon::formats {
namespace {

using Names = std::vector<std::string>;

std::string pax(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return member("pax", std::to_string(length) + rest, 'x');
}

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

}  // namespace
}  // namespace troodon::formats
