#include "serve/http/gate.hpp"

#include <gtest/gtest.h>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

Request head(const std::string& method, std::map<std::string, std::string> headers = {}) {
  Request request;
  request.method = method;
  request.path = "/v1/search";
  request.headers = std::move(headers);
  request.headers.try_emplace("host", "127.0.0.1:8471");
  return request;
}

/// 0: let through.
int verdict(const Request& request, const GateOptions& options = {}) {
  const auto reply = stopped_at_gate(request, options);
  return reply ? reply->status : 0;
}

int body_status(const Request& request) {
  try {
    (void)announced_body(request, 1000);
  } catch (const Problem& problem) {
    return problem.status;
  }
  return 0;
}

TEST(Gate, OnLoopbackOnlyItsOwnNamesAreAnswered) {
  for (const char* name : {"localhost", "LOCALHOST:80", "127.0.0.1:8471", "[::1]:1", "127.8.9.1"}) {
    EXPECT_EQ(verdict(head("GET", {{"host", name}})), 0) << name;
  }
  for (const char* name : {"evil.example",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "",
                           "a, b",
                           "[",
                           "10.0.0.1"}) {
    EXPECT_EQ(verdict(head("GET", {{"host", name}})), 400) << name;
  }
  const GateOptions open{.host = "0.0.0.0", .token = "t"};
  EXPECT_EQ(
      verdict(head("GET", {{"host", "pictures.example"}, {"authorization", "Bearer t"}}), open), 0);
}

TEST(Gate, APageOfAnotherSiteMayNotWrite) {
  EXPECT_EQ(verdict(head("POST")), 0) << "programs send no Origin";
  EXPECT_EQ(verdict(head("POST", {{"origin", "http://127.0.0.1:8471"}})), 0);
  EXPECT_EQ(verdict(head("POST", {{"origin", "http://127.0.0.1:9999"}})), 403);
  EXPECT_EQ(verdict(head("PUT", {{"origin", "https://evil.example"}})), 403);
  EXPECT_EQ(verdict(head("DELETE", {{"origin", "null"}})), 403);
  EXPECT_EQ(verdict(head("POST", {{"sec-fetch-site", "cross-site"}})), 403);
  EXPECT_EQ(verdict(head("GET", {{"origin", "https://evil.example"}})), 0)
      << "it can't read the reply";
}

TEST(Gate, ATokenOpensByHeaderOrByCookie) {
  const GateOptions options{.token = "open sesame", .session = "5e5510"};
  EXPECT_EQ(verdict(head("GET"), options), 401);
  EXPECT_EQ(verdict(head("GET", {{"authorization", "Bearer open sesame"}}), options), 0);
  EXPECT_EQ(verdict(head("GET", {{"authorization", "bearer open sesame"}}), options), 0);
  EXPECT_EQ(verdict(head("GET", {{"cookie", "a=1; troodon=5e5510"}}), options), 0);
  for (const char* bad :
       {"Bearer open", "Bearer open sesame ", "Bearer ", "Basic open sesame", "open sesame"}) {
    EXPECT_EQ(verdict(head("GET", {{"authorization", bad}}), options), 401) << bad;
  }
  EXPECT_EQ(verdict(head("GET", {{"cookie", "troodon=open sesame; xtroodon=5e5510"}}), options),
            401);
  EXPECT_EQ(verdict(head("GET", {{"cookie", "troodon="}}), {.token = "t"}), 401)
      << "no session, no cookie";
  Request health = head("GET");
  health.path = "/health";
  EXPECT_EQ(verdict(health, options), 0);
}

TEST(Gate, TheTokenLeavesTheAddressForACookieThatScriptsCannotRead) {
  const GateOptions options{.token = "t0ken", .session = "5e5510"};
  Request first = head("GET");
  first.path = "/";
  first.parameters = {{"token", "t0ken"}};
  const auto reply = stopped_at_gate(first, options);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 303);
  EXPECT_EQ(reply->headers[1].second, "troodon=5e5510; Path=/; HttpOnly; SameSite=Strict");
  first.parameters = {{"token", "wrong"}};
  EXPECT_EQ(verdict(first, options), 401);
  first.path = "/v1/search";
  first.parameters = {{"token", "t0ken"}};
  EXPECT_EQ(verdict(first, options), 401) << "only the page takes it from its address";
}

TEST(Gate, ABodyIsAnnouncedOnceAndPlainly) {
  EXPECT_EQ(announced_body(head("POST", {{"content-length", "1000"}}), 1000), 1000);
  EXPECT_EQ(announced_body(head("POST", {{"transfer-encoding", "chunked"}}), 1000), -1);
  EXPECT_EQ(announced_body(head("GET"), 1000), 0);
  EXPECT_EQ(body_status(head("POST", {{"content-length", "1001"}})), 413);
  EXPECT_EQ(body_status(head("POST", {{"content-length", "99999999999999999999999"}})), 413);
  for (const char* bad : {"-1", "+5", "5, 5", "0x5", "5 ", "five"}) {
    EXPECT_EQ(body_status(head("POST", {{"content-length", bad}})), 400) << bad;
  }
  EXPECT_EQ(body_status(head("POST", {{"content-length", "5"}, {"transfer-encoding", "chunked"}})),
            400);
  EXPECT_EQ(body_status(head("POST", {{"transfer-encoding", "gzip, chunked"}})), 400);
  EXPECT_EQ(body_status(head("GET", {{"content-length", "5"}})), 400);
  EXPECT_EQ(body_status(head("GET", {{"transfer-encoding", "chunked"}})), 400);
  EXPECT_EQ(body_status(head("POST", {{"content-encoding", "gzip"}})), 415)
      << "a bomb may hide in it";
}

TEST(Gate, SecretsAreEqualOnlyWhole) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abcabc", "abc"));
  EXPECT_FALSE(same_secret("", "abc"));
  EXPECT_FALSE(same_secret("abc", ""));
  EXPECT_NE(random_word(), random_word());
  EXPECT_EQ(random_word(64).size(), 16u);
}

TEST(Gate, EachReplyIsProtected) {
  Reply reply = Reply::json("{}");
  add_protection(reply);
  std::map<std::string, std::string> headers(reply.headers.begin(), reply.headers.end());
  EXPECT_EQ(headers["X-Content-Type-Options"], "nosniff");
  EXPECT_NE(headers["Content-Security-Policy"].find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(headers["Cache-Control"], "no-store");
  EXPECT_EQ(headers.count("Access-Control-Allow-Origin"), 0u);
}

}  // namespace
}  // namespace troodon::serve
