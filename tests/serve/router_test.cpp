#include "serve/router.hpp"

#include <gtest/gtest.h>

#include "serve/http/problem.hpp"
#include "serve/openapi.hpp"

namespace troodon::serve {
namespace {

Routes some_routes() {
  const Handler name = [](const Request& request) { return Reply::text(request.part("ref")); };
  return {{"GET", "/v1/pictures", "list", [](const Request&) { return Reply::text("list"); }},
          {"GET", "/v1/pictures/{ref}", "one", name},
          {"DELETE", "/v1/pictures/{ref}", "less", [](const Request&) { return Reply::nothing(); }},
          {"GET", "/v1/pictures/{ref}/image", "its pixels", name, {"size"}},
          {"POST", "/v1/uploads", "", [](const Request&) -> Reply { throw std::bad_alloc(); }},
          {"GET", "/{path...}", "", [](const Request& r) { return Reply::text(r.part("path")); }}};
}

Reply ask(const std::string& method, const std::string& path) {
  static const Routes kRoutes = some_routes();
  Request request;
  request.method = method;
  request.path = path;
  return dispatch(find_route(kRoutes, method, path), request);
}

TEST(Router, PathsFindTheirHandlerAndItsParts) {
  EXPECT_EQ(ask("GET", "/v1/pictures").body, "list");
  EXPECT_EQ(ask("GET", "/v1/pictures/12").body, "12");
  EXPECT_EQ(ask("HEAD", "/v1/pictures/12").body, "12");
  EXPECT_EQ(ask("GET", "/v1/pictures/a%2Fb/image").body, "a/b")
      << "an escaped slash divides nothing";
  EXPECT_EQ(ask("DELETE", "/v1/pictures/12").status, 204);
  EXPECT_EQ(ask("GET", "/some/file.js").body, "/some/file.js");
}

TEST(Router, AWrongMethodIsToldTheRightOnes) {
  const Reply reply = ask("POST", "/v1/pictures/12");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers.back().second, "GET, HEAD, DELETE");
  EXPECT_EQ(ask("OPTIONS", "/v1/uploads").status, 204);
  EXPECT_EQ(ask("GET", "no slash").status, 404);
  EXPECT_EQ(ask("POST", "/v1/uploads").status, 503) << "out of memory is no fault of who asked";
}

TEST(Openapi, ListsTheRoutesThatAreSaidInWords) {
  const std::string text = openapi_document(some_routes());
  EXPECT_NE(text.find("\"/v1/pictures/{ref}/image\":{\"get\":{\"summary\":\"its pixels\""),
            std::string::npos);
  EXPECT_NE(text.find("{\"name\":\"ref\",\"in\":\"path\",\"required\":true"), std::string::npos);
  EXPECT_EQ(text.find("/v1/uploads"), std::string::npos);
}

}  // namespace
}  // namespace troodon::serve
