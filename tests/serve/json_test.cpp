#include "serve/handlers/json.hpp"

#include <gtest/gtest.h>

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

Json object(const std::string& text) {
  Request request;
  request.body = text;
  return object_of(request);
}

TEST(Json, OnlyAnObjectIsABody) {
  EXPECT_TRUE(object("{}").empty());
  for (const char* bad : {"", "[]", "1", "{\"a\": [", "{\"a\": 1} x", "{a: 1}", "\xff{}"}) {
    EXPECT_EQ(status_of([&] { (void)object(bad); }), 400) << bad;
  }
  EXPECT_EQ(status_of([] { (void)object(std::string(100'000, '[')); }), 400)
      << "depth takes no stack";
}

TEST(Json, MembersKeepTypeAndRange) {
  const Json body =
      object(R"({"k": 5, "big": 1e300, "half": 0.5, "yes": true, "no": null, "list": ["a"]})");
  EXPECT_EQ(whole_in(body, "k", {24, 1, 10}), 5);
  EXPECT_EQ(whole_in(body, "no", {24, 1, 10}), 24) << "null is as good as missing";
  EXPECT_EQ(real_in(body, "half", {0, 0, 1}), 0.5);
  EXPECT_TRUE(flag_in(body, "yes", false));
  EXPECT_EQ(strings_in(body, "list", 1), std::vector<std::string>{"a"});
  EXPECT_EQ(status_of([&] { (void)whole_in(body, "big", {0, 0, INT64_MAX}); }), 400);
  EXPECT_EQ(status_of([&] { (void)whole_in(body, "half", {0, 0, 9}); }), 400);
  EXPECT_EQ(status_of([&] { (void)whole_in(body, "yes", {0, 0, 9}); }), 400);
  EXPECT_EQ(status_of([&] { (void)strings_in(body, "list", 0); }), 400);
  EXPECT_EQ(status_of([&] { (void)strings_in(body, "k", 9); }), 400);
  EXPECT_EQ(status_of([&] { (void)ref_in(body, "missing"); }), 400);
}

TEST(Json, ABoxIsRoundedOutwards) {
  const auto box =
      box_in(object(R"({"box": {"x": 1.5, "y": 2, "width": 3, "height": 0.25}})"), "box");
  ASSERT_TRUE(box);
  EXPECT_EQ(json_of(*box).dump(), R"({"x":1,"y":2,"width":4,"height":1})");
  EXPECT_FALSE(box_in(object("{}"), "box"));
  EXPECT_EQ(status_of([] { (void)box_in(object(R"({"box": {"x": 1}})"), "box"); }), 400);
  EXPECT_EQ(
      status_of([] { (void)box_in(object(R"({"box": {"width": 1e9, "height": 1}})"), "box"); }),
      400);
}

TEST(Json, NamesThatAreNoUtf8AreStillSent) {
  EXPECT_EQ(text_of({{"path", "a\xff.jpg"}}), "{\"path\":\"a\xef\xbf\xbd.jpg\"}");
}

}  // namespace
}  // namespace troodon::serve
