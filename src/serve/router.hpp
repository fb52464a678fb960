#pragma once

#include <functional>
#include <string>
#include <vector>

#include "serve/http/message.hpp"

namespace troodon::serve {

using Handler = std::function<Reply(const Request&)>;

/// One thing that can be asked for. A handler may be called from many threads at once.
struct Route {
  std::string method;   ///< GET (answers HEAD, too), POST, PUT, DELETE
  std::string pattern;  ///< "/v1/pictures/{ref}": a name in braces is one part of the path,
                        ///< "{x...}" the rest
  std::string summary;  ///< one line, for /openapi.json; "": it is not listed
  Handler handler;
  std::vector<std::string> query = {};  ///< parameters that it looks at
  std::vector<std::string> takes = {};  ///< media types of its body
};

/// The routes; the first whose pattern fits is taken.
using Routes = std::vector<Route>;

/// What was found for a request.
struct Found {
  const Route* route = nullptr;              ///< null: nothing
  std::map<std::string, std::string> parts;  ///< decoded
  std::string allowed;                       ///< methods of the path, if only the method is wrong
};

/// `path` is raw: split at its slashes, then decoded.
Found find_route(const Routes& routes, const std::string& method, std::string_view path);

/// The reply of the route's handler. Whatever a handler throws becomes a problem; 404 without a
/// route, 405 with a wrong method, 204 for OPTIONS.
Reply dispatch(const Found& found, Request& request);

}  // namespace troodon::serve
