#include "serve/openapi.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace troodon::serve {
namespace {

using Json = nlohmann::ordered_json;

Json path_parameters(const std::string& pattern) {
  Json parameters = Json::array();
  for (size_t open = pattern.find('{'); open != std::string::npos;
       open = pattern.find('{', open + 1)) {
    const std::string name = pattern.substr(open + 1, pattern.find('}', open) - open - 1);
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  return parameters;
}

Json operation(const Route& route) {
  const Json problem = {
      {"description", "a problem (RFC 9457)"},
      {"content",
       {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/problem"}}}}}}}};
  Json result = {
      {"summary", route.summary},
      {"responses", {{"200", {{"description", "as docs/http.md says"}}}, {"default", problem}}}};
  Json parameters = path_parameters(route.pattern);
  for (const std::string& name : route.query) {
    parameters.push_back({{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
  }
  if (!parameters.empty()) result["parameters"] = std::move(parameters);
  if (!route.takes.empty()) {
    Json content = Json::object();
    for (const std::string& type : route.takes) content[type] = Json::object();
    result["requestBody"] = {{"required", true}, {"content", std::move(content)}};
  }
  return result;
}

}  // namespace

std::string openapi_document(const Routes& routes) {
  Json paths = Json::object();
  for (const Route& route : routes) {
    if (route.summary.empty()) continue;
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    paths[route.pattern][method] = operation(route);
  }
  const Json text = {{"type", "string"}};
  const Json problem = {
      {"type", "object"},
      {"properties",
       {{"type", text}, {"title", text}, {"status", {{"type", "integer"}}}, {"detail", text}}}};
  const Json document = {
      {"openapi", "3.1.0"},
      {"info", {{"title", "Troodon"}, {"version", TROODON_VERSION}}},
      {"paths", paths},
      {"components",
       {{"schemas", {{"problem", problem}}},
        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", {{{"token", Json::array()}}, Json::object()}}};
  return document.dump();
}

}  // namespace troodon::serve
