#include "serve/page.hpp"

#include <gtest/gtest.h>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

const std::string kScript(5000, 'x');

Page some_page() {
  static const std::string kIndex = "<html>";
  static const Asset kAssets[] = {
      {"/assets/app-1a2b.js", "text/javascript", std::as_bytes(std::span(kScript)), "\"s\""},
      {"/index.html", "text/html", std::as_bytes(std::span(kIndex)), "\"i\""}};
  return Page(kAssets);
}

Reply get(const std::string& path, std::map<std::string, std::string> headers = {}) {
  Request request;
  request.path = path;
  request.headers = std::move(headers);
  return some_page().serve(request);
}

std::string header(const Reply& reply, const std::string& name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(Page, PlacesOfThePageAreItsIndex) {
  EXPECT_EQ(get("/").body, "<html>");
  EXPECT_EQ(get("/search").body, "<html>");
  EXPECT_EQ(header(get("/"), "Cache-Control"), "no-cache");
  EXPECT_THROW(get("/assets/none.js"), Problem);
  EXPECT_THROW(get("/v1/none"), Problem);
  EXPECT_THROW(get("/../../etc/passwd"), Problem);
}

TEST(Page, HashedFilesAreKeptForEverAndSentPacked) {
  const Reply packed = get("/assets/app-1a2b.js", {{"accept-encoding", "br, gzip"}});
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 100u);
  EXPECT_NE(header(packed, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(get("/assets/app-1a2b.js").body, kScript);
  EXPECT_EQ(get("/assets/app-1a2b.js", {{"if-none-match", "\"s\""}}).status, 304);
}

}  // namespace
}  // namespace troodon::serve
