#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "scorecard/by_group.hpp"
#include "scorecard/html.hpp"
#include "scorecard/page.hpp"

namespace troodon::scorecard {
namespace {

Entry entry(const std::string& features, double value, Better better = Better::higher) {
  return {.protocol = "kNN",
          .data = "pets",
          .features = features,
          .figures = {{"top-1", value, better}},
          .key = features};
}

TEST(Entry, GoesThroughALineOfJsonUnchanged) {
  Entry one = entry("trained", 0.25, Better::lower);
  one.figures.push_back({"mIoU", std::nan("")});
  const auto back = entry_of(json_of(one));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->features, "trained");
  EXPECT_EQ(back->figures[0].value, 0.25);
  EXPECT_EQ(back->figures[0].better, Better::lower);
  EXPECT_TRUE(std::isnan(back->figures[1].value));
}

TEST(Entry, ALineThatAKillCutShortIsNoEntry) {
  const std::string line = json_of(entry("trained", 1));
  EXPECT_FALSE(entry_of(line.substr(0, line.size() / 2)).has_value());
}

TEST(Entry, AheadFollowsTheDirectionOfTheFigure) {
  EXPECT_TRUE(ahead(entry("a", 2), entry("b", 1)));
  EXPECT_TRUE(ahead(entry("a", 1, Better::lower), entry("b", 2, Better::lower)));
  EXPECT_FALSE(ahead(entry("a", 1), entry("b", 1)));
  EXPECT_FALSE(ahead(entry("a", std::nan("")), entry("b", 1)));
}

TEST(Contests, EntriesOfOneProtocolAndDataMeet) {
  Entry other = entry("hog", 0.5);
  other.data = "cars";
  const auto contests = contests_of({entry("trained", 0.4), entry("hog", 0.3), other});
  ASSERT_EQ(contests.size(), 2U);
  EXPECT_EQ(contests[0].best_other("trained")->features, "hog");
  EXPECT_EQ(contests[1].of("trained"), nullptr);
}

TEST(ByGroup, PathsOfATableFindIdsBelowTheirFolder) {
  const fs::path file = fs::temp_directory_path() / fmt::format("troodon_groups_{}.csv", getpid());
  write_atomically(file, "path,country\npets/val/a.jpg,Peru\npets/val/b.jpg,Mali\n");
  EXPECT_EQ(column_for({"b.jpg", "a.jpg"}, file, "country"),
            (std::vector<std::string>{"Mali", "Peru"}));
  EXPECT_THROW(column_for({"c.jpg"}, file, "country"), Error);
  EXPECT_THROW(column_for({"a.jpg"}, file, "income"), Error);
  fs::remove(file);
}

TEST(Page, LoadsNothingAndSaysWhatFeaturesCannotDo) {
  const fs::path file = fs::temp_directory_path() / fmt::format("troodon_page_{}.html", getpid());
  Entry odd = entry("trained", 0.9);
  odd.data = "<b>pets</b>";
  write_page(file, {}, {odd, entry("hog", 0.3)}, {{"kNN, <b>pets</b>", "Learnt.", ""}});
  const std::string page = read_text(file);
  fs::remove(file);
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find("<b>pets"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("No text"), std::string::npos);
  EXPECT_NE(page.find("ADE20k"), std::string::npos);
}

TEST(Table, TheBestOfAContestIsMarked) {
  const std::string text = table_text({entry("trained", 0.4), entry("hog", 0.3)});
  EXPECT_NE(text.find("0.4000*"), std::string::npos) << text;
  EXPECT_EQ(text.find("0.3000*"), std::string::npos) << text;
}

TEST(Table, WhatIsNoNumberLeadsNobody) {
  const std::string text = table_text({entry("trained", std::nan(""))});
  EXPECT_EQ(text.find('*'), std::string::npos) << text;
  EXPECT_EQ(text.find("nan"), std::string::npos) << text;
}

}  // namespace
}  // namespace troodon::scorecard
