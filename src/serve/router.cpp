#include "serve/router.hpp"

#include <algorithm>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

/// The next part between slashes, taken off the front; `path` begins with a slash.
std::string_view next_part(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

/// Whether the path has the pattern's form; its named parts. "{rest}" at the end with three dots,
/// "{rest...}", is all that is left.
bool fits(std::string_view pattern,
          std::string_view path,
          std::map<std::string, std::string>& parts) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view rest = path;
    const std::string_view wanted = next_part(pattern);
    const std::string_view given = next_part(path);
    if (wanted.starts_with('{') && wanted.ends_with("...}")) {
      parts[std::string(wanted.substr(1, wanted.size() - 5))] = percent_decoded(rest, false);
      return true;
    }
    if (wanted.starts_with('{')) {
      if (given.empty()) return false;
      parts[std::string(wanted.substr(1, wanted.size() - 2))] = percent_decoded(given, false);
    } else if (wanted != percent_decoded(given, false)) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

bool answers(const std::string& route, const std::string& asked) {
  return route == asked || (route == "GET" && asked == "HEAD");
}

}  // namespace

Found find_route(const Routes& routes, const std::string& method, std::string_view path) {
  Found found;
  if (!path.starts_with('/')) return found;
  for (const Route& route : routes) {
    std::map<std::string, std::string> parts;
    if (!fits(route.pattern, path, parts)) continue;
    if (answers(route.method, method)) return {&route, std::move(parts), ""};
    const std::string name = route.method == "GET" ? "GET, HEAD" : route.method;
    if (found.allowed.find(name) == std::string::npos) {
      found.allowed += (found.allowed.empty() ? "" : ", ") + name;
    }
  }
  return found;
}

Reply dispatch(const Found& found, Request& request) {
  try {
    if (found.route != nullptr) {
      request.parts = found.parts;
      return found.route->handler(request);
    }
    if (found.allowed.empty())
      refuse(404, "nothing is here; GET /openapi.json lists what there is");
    if (request.method == "OPTIONS") return Reply::nothing().with("Allow", found.allowed);
    return problem_reply({405, "this can be asked for by " + found.allowed})
        .with("Allow", found.allowed);
  } catch (...) {
    return problem_of_current_exception();
  }
}

}  // namespace troodon::serve
