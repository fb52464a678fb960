#include "report/chart.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace troodon::report {
namespace {

Series wave(size_t points) {
  Series series{.name = "wave"};
  for (size_t i = 0; i < points; ++i) {
    series.x.push_back(static_cast<double>(i));
    series.y.push_back(std::sin(static_cast<double>(i) / 500));
  }
  return series;
}

TEST(ThinOut, ShortLinesStayWhole) {
  const Series series = wave(2000);
  const Thinned thin = thin_out(series);
  EXPECT_EQ(thin.x, series.x);
  EXPECT_EQ(thin.y, series.y);
  EXPECT_TRUE(thin.mean_x.empty());
}

TEST(ThinOut, LongLinesKeepEverySpikeAndBothEnds) {
  Series series = wave(100000);
  const std::set<size_t> spikes = {7, 31234, 31300, 77777, 99990};
  for (const size_t i : spikes) series.y[i] = i % 2 == 0 ? 50 : -50;
  const Thinned thin = thin_out(series);
  EXPECT_LE(thin.x.size(), 2002U);
  EXPECT_EQ(thin.mean_x.size(), 1000U);
  EXPECT_EQ(thin.x.front(), 0);
  EXPECT_EQ(thin.x.back(), 99999);
  EXPECT_TRUE(std::is_sorted(thin.x.begin(), thin.x.end()));
  std::set<size_t> found;
  for (size_t i = 0; i < thin.x.size(); ++i) {
    if (std::abs(thin.y[i]) == 50) found.insert(static_cast<size_t>(thin.x[i]));
  }
  EXPECT_EQ(found, spikes);
}

TEST(ThinOut, BucketMeansAreTheMeansOfAllPoints) {
  const Series series{.name = "m", .x = {0, 1, 2, 3, 4, 5, 6, 7}, .y = {1, 2, 6, NAN, 0, 4, 8, 8}};
  const Thinned thin = thin_out(series, 4);
  EXPECT_EQ(thin.mean_x, (std::vector<double>{1, 5.5}));
  EXPECT_EQ(thin.mean_y, (std::vector<double>{3, 5}));
}

TEST(ThinOut, AGapLongerThanABucketStaysAGap) {
  Series series = wave(10000);
  std::fill(series.y.begin() + 4000, series.y.begin() + 5000, NAN);
  const Thinned thin = thin_out(series);
  for (size_t i = 0; i < thin.x.size(); ++i) {
    EXPECT_EQ(std::isnan(thin.y[i]), thin.x[i] >= 4000 && thin.x[i] < 5000) << thin.x[i];
  }
}

TEST(ThinOut, SortsByXAndDropsPointsWithoutOne) {
  const Thinned thin = thin_out({.name = "s", .x = {3, NAN, 1, INFINITY}, .y = {30, 20, 10, 5}});
  EXPECT_EQ(thin.x, (std::vector<double>{1, 3}));
  EXPECT_EQ(thin.y, (std::vector<double>{10, 30}));
}

TEST(ThinOut, DifferentLengthsAreAnError) {
  EXPECT_THROW(thin_out({.name = "s", .x = {1, 2}, .y = {1}}), Error);
}

TEST(ChartJson, HoldsAllValuesAndNullForNaNAndInfinity) {
  const Chart chart{
      .title = "t",
      .x_label = "step",
      .series = {{"a</script>", {0, 1000001, 2e7}, {0.5, NAN, -1e-9}}, {"b", {1}, {INFINITY}}},
      .log_y = true};
  const std::string text = chart_json(chart);
  EXPECT_EQ(text.find('<'), std::string::npos);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["x_label"], "step");
  EXPECT_EQ(json["log"], true);
  ASSERT_EQ(json["series"].size(), 2U);
  EXPECT_EQ(json["series"][0]["name"], "a</script>");
  EXPECT_EQ(json["series"][0]["x"], (std::vector<double>{0, 1000001, 2e7}));
  EXPECT_EQ(json["series"][0]["y"][0], 0.5);
  EXPECT_TRUE(json["series"][0]["y"][1].is_null());
  EXPECT_EQ(json["series"][0]["y"][2], -1e-9);
  EXPECT_TRUE(json["series"][1]["y"][0].is_null());
}

TEST(ChartHtml, TableAndAlternativeTextNameFirstLowestHighestLast) {
  const Chart chart{.title = "loss", .series = {{"total", {0, 1, 2, 3}, {9, 12, 3, 4}}}};
  const std::string html = chart_html(chart, 5);
  EXPECT_NE(html.find("id=\"chart-5\""), std::string::npos);
  EXPECT_NE(html.find("<td>9</td><td>3</td><td>12</td><td>4</td><td>4</td>"), std::string::npos);
  EXPECT_NE(html.find("total: from 9 to 4, lowest 3, highest 12."), std::string::npos);
}

TEST(ChartHtml, ALineWithoutValuesIsSaidToBeEmpty) {
  const std::string html = chart_html({.title = "t", .series = {{"n", {0, 1}, {NAN, NAN}}}}, 0);
  EXPECT_NE(html.find("n: no values."), std::string::npos);
}

}  // namespace
}  // namespace troodon::report
