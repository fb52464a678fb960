#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "report/report.hpp"

namespace troodon::report {
namespace {

const std::string kHostile = "<script>alert(1)</script> \"quoted\" 'class' & 日本 \xFF";

/// A folder that goes away with the test.
class PageTest : public testing::Test {
 protected:
  PageTest() { fs::create_directories(folder_); }
  ~PageTest() override { fs::remove_all(folder_); }
  std::string written(const Report& report) const {
    write_html(folder_ / "report.html", report);
    return read_text(folder_ / "report.html");
  }
  fs::path folder_ =
      fs::temp_directory_path() / ("troodon_page_" + std::to_string(::getpid()) + "_" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

size_t count(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++n;
  return n;
}

image::Image noise(int width, int height, uint64_t seed) {
  image::Image out(width, height);
  uint64_t state = seed * 2654435761U + 1;
  for (auto& value : out.pixels) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    value = static_cast<uint8_t>(state >> 56);
  }
  return out;
}

Report hostile_report() {
  const Picture picture{.image = noise(8, 6, 1), .caption = kHostile};
  return {.title = kHostile,
          .subtitle = kHostile,
          .facts = {{kHostile, kHostile, kHostile}},
          .findings = {{0, kHostile}, {1, kHostile}, {2, kHostile}},
          .charts = {{.title = kHostile,
                      .explanation = kHostile,
                      .x_label = kHostile,
                      .y_label = kHostile,
                      .series = {{kHostile, {0, 1, 2}, {1, NAN, 3}}}},
                     {.title = "second", .series = {{"b", {0}, {INFINITY}}, {"c", {}, {}}}}},
          .galleries = {{.title = kHostile,
                         .explanation = kHostile,
                         .rows = {{picture, {.image = {}, .caption = "lost"}}},
                         .first_is_query = true}},
          .config_text = kHostile,
          .limits = kHostile};
}

/// The first tag that does not close what is open, or "" for a well nested page.
std::string nesting_fault(std::string_view html) {
  const std::set<std::string_view> empty = {"meta", "link", "input", "img"};
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    if (html[at + 1] == '!') continue;
    const bool closes = html[at + 1] == '/';
    const size_t begin = at + 1 + (closes ? 1 : 0);
    const std::string name(html.substr(begin, html.find_first_of(" >\n", begin) - begin));
    if (empty.contains(name)) continue;
    if (!closes) {
      open.push_back(name);
      if (name == "script" || name == "style") at = html.find("</" + name + ">", at) - 1;
    } else {
      if (open.empty() || open.back() != name) return name;
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

TEST_F(PageTest, UserTextNeverBecomesMarkup) {
  const std::string page = written(hostile_report());
  EXPECT_EQ(count(page, "<script"), 2U);  // the data and our program
  EXPECT_EQ(count(page, "</script"), 2U);
  EXPECT_EQ(count(page, "alert(1)</"), 0U);
  EXPECT_EQ(count(page, "\"quoted\""), 0U);
  EXPECT_GT(count(page, "&quot;quoted&quot; &#39;class&#39; &amp; 日本 \uFFFD"), 10U);
}

TEST_F(PageTest, IsWellNestedAndHasNoDuplicateIds) {
  const std::string page = written(hostile_report());
  EXPECT_EQ(nesting_fault(page), "");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  std::set<std::string> ids;
  for (size_t at = 0; (at = page.find(" id=\"", at)) != page.npos; at += 5) {
    const std::string id = page.substr(at + 5, page.find('"', at + 5) - at - 5);
    EXPECT_TRUE(ids.insert(id).second) << id;
  }
  EXPECT_GT(ids.size(), 5U);
}

TEST_F(PageTest, LoadsNothingFromOutside) {
  const std::string page = written(hostile_report());
  EXPECT_EQ(count(page, "http://") + count(page, "https://") + count(page, "url("), 0U);
  EXPECT_EQ(count(page, "src=\""), count(page, "src=\"data:image/"));
  EXPECT_NE(page.find("default-src 'none'"), page.npos);
}

TEST_F(PageTest, HasOneDrawingAndOneDataEntryPerChart) {
  const Report report = hostile_report();
  const std::string page = written(report);
  EXPECT_EQ(count(page, "<svg"), report.charts.size());
  const std::string_view opening = "id=\"chart-data\">";
  const size_t begin = page.find(opening) + opening.size();
  const size_t end = page.find("</script>", begin);
  const auto data = nlohmann::json::parse(page.substr(begin, end - begin));
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data[0]["series"][0]["y"], nlohmann::json::parse("[1, null, 3]"));
  EXPECT_EQ(data[1]["series"].size(), 2U);
}

TEST_F(PageTest, FindingsSayTheirLevelInWordAndSymbol) {
  const std::string page = written(hostile_report());
  for (const std::string word : {"good", "watch", "bad"}) {
    EXPECT_EQ(count(page, "<li class=\"" + word + "\">"), 1U) << word;
    EXPECT_EQ(count(page, "<span class=\"word\">" + word + "</span>"), 1U) << word;
  }
  EXPECT_NE(page.find("1 of 3 checks failed"), page.npos);
  EXPECT_NE(written({.findings = {{0, "a"}, {0, "b"}}}).find("All 2 checks are good"), page.npos);
}

TEST_F(PageTest, EveryPictureHasItsTextAndAMissingOneIsSaidToBe) {
  const std::string page = written(hostile_report());
  EXPECT_EQ(count(page, "<img "), 1U);
  EXPECT_EQ(count(page, "alt=\"&lt;script&gt;"), 1U);
  EXPECT_EQ(count(page, "class=\"query\""), 1U);
  EXPECT_EQ(count(page, ">no picture</div>"), 1U);
}

TEST_F(PageTest, AnEmptyReportIsStillAPage) {
  const std::string page = written({.title = "nothing yet"});
  EXPECT_EQ(nesting_fault(page), "");
  EXPECT_NE(page.find("<h1>nothing yet</h1>"), page.npos);
  EXPECT_EQ(count(page, "<section"), 0U);
}

TEST_F(PageTest, SixtyPicturesOfPureNoiseStayBelowFourMegabytes) {
  Report report{.title = "large"};
  report.galleries.push_back({.title = "noise"});
  for (uint64_t i = 0; i < 60; ++i) {
    report.galleries[0].rows.push_back({{.image = noise(128, 128, i), .caption = "n"}});
  }
  EXPECT_LT(written(report).size(), 4'000'000U);
}

TEST_F(PageTest, LargePhotosAreShrunkAndTinyOnesMagnified) {
  Report report{.title = "sizes"};
  report.galleries.push_back({.title = "g",
                              .rows = {{{.image = noise(1600, 800, 1), .caption = "large"},
                                        {.image = noise(16, 16, 2), .caption = "tiny"}}}});
  const std::string page = written(report);
  EXPECT_LT(page.size(), 300'000U);  // 1600 x 800 pixels of noise would be above a million
  EXPECT_NE(page.find("style=\"width:256px\"><img src=\"data:image/jpeg;base64,"), page.npos);
  EXPECT_NE(page.find("style=\"width:112px\"><img src=\"data:image/png;base64,"), page.npos);
  EXPECT_EQ(count(page, "class=\"pixels\""), 1U);
}

TEST_F(PageTest, LeavesOnlyTheReportInItsFolderAndKeepsTheOldOneOnError) {
  const std::string before = written({.title = "old"});
  Report broken = hostile_report();
  broken.charts[0].series[0].y.pop_back();
  EXPECT_THROW(written(broken), Error);
  EXPECT_EQ(read_text(folder_ / "report.html"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

}  // namespace
}  // namespace troodon::report
