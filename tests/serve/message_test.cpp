#include "serve/http/message.hpp"

#include <array>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

int status_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Problem& problem) {
    return problem.status;
  }
  return 0;
}

Request asking(const std::string& query) {
  Request request;
  request.parameters = query_pairs(query);
  return request;
}

TEST(Message, AQuerySplitsAtItsSignsAndIsDecoded) {
  const auto pairs = query_pairs("a=1&&name=two+words%21&flag&x=%zz&y=%4");
  ASSERT_EQ(pairs.size(), 5u);
  EXPECT_EQ(pairs[0], std::pair(std::string("a"), std::string("1")));
  EXPECT_EQ(pairs[1].second, "two words!");
  EXPECT_EQ(pairs[2].second, "");
  EXPECT_EQ(pairs[3].second, "%zz") << "a broken escape stays";
  EXPECT_EQ(pairs[4].second, "%4");
  EXPECT_EQ(percent_decoded("%41", false), "A");
  EXPECT_EQ(percent_decoded("a+b", false), "a+b") << "a plus in a path is a plus";
}

TEST(Message, ParametersKeepTheirRange) {
  EXPECT_EQ(asking("").whole("k", {24, 1, 100}), 24);
  EXPECT_EQ(asking("k=7").whole("k", {24, 1, 100}), 7);
  for (const char* bad :
       {"k=0", "k=101", "k=7x", "k=1e3", "k=99999999999999999999", "k=-1", "k=+7"}) {
    EXPECT_EQ(status_of([&] { (void)asking(bad).whole("k", {24, 1, 100}); }), 400) << bad;
  }
  EXPECT_EQ(asking("d=0.5").real("d", {0, 0, 1}), 0.5);
  for (const char* bad : {"d=nan", "d=inf", "d=1.01", "d=a"}) {
    EXPECT_EQ(status_of([&] { (void)asking(bad).real("d", {0, 0, 1}); }), 400) << bad;
  }
  EXPECT_TRUE(asking("on=true").flag("on", false));
  EXPECT_EQ(status_of([&] { (void)asking("on=yes").flag("on", false); }), 400);
  constexpr std::array<std::string_view, 2> kFormats = {"json", "png"};
  EXPECT_EQ(asking("").choice("format", kFormats), "json");
  EXPECT_EQ(status_of([&] { (void)asking("format=exe").choice("format", kFormats); }), 400);
}

TEST(Message, AnAttachmentsNameCannotLeaveItsHeaderOrItsFolder) {
  EXPECT_EQ(attachment("dogs.zip"), "attachment; filename=\"dogs.zip\"; filename*=UTF-8''dogs.zip");
  for (const std::string name :
       {"../../etc/passwd", "a\r\nSet-Cookie: x=1", "a\"; b", ".bashrc", "ü"}) {
    const std::string value = attachment(name);
    EXPECT_EQ(value.find_first_of("\r\n/"), std::string::npos) << value;
    EXPECT_EQ(value.find("filename=\"."), std::string::npos) << value;
    EXPECT_EQ(std::count(value.begin(), value.end(), '"'), 2) << value;
  }
}

TEST(Problem, SaysWhatWhereAndHowInTheFormOfTheStandard) {
  const Reply reply = problem_reply({503, "busy \xff", 2});
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.type, "application/problem+json");
  EXPECT_NE(reply.body.find("\"title\":\"Service Unavailable\",\"status\":503"), std::string::npos);
  ASSERT_EQ(reply.headers.size(), 1u);
  EXPECT_EQ(reply.headers[0].second, "2");
}

TEST(Problem, AFaultOfTheServerIsNotToldToWhoAsked) {
  try {
    throw std::runtime_error("/secret/path");
  } catch (...) {
    const Reply reply = problem_of_current_exception();
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
  }
  try {
    fail(Exit::usage, "filter: no such column");
  } catch (...) {
    EXPECT_EQ(problem_of_current_exception().status, 400);
  }
}

}  // namespace
}  // namespace troodon::serve
