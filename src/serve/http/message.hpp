#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troodon::serve {

using Clock = std::chrono::steady_clock;

/// A parameter's range; a value outside is a problem (400) that names it.
struct Whole {
  int64_t fallback = 0, min = 0, max = 0;
};
struct Real {
  double fallback = 0, min = 0, max = 0;
};

/// What a handler gets: everything is read and within the limits.
struct Request {
  std::string method;                                           ///< upper case
  std::string path;                                             ///< decoded, without the query
  std::vector<std::pair<std::string, std::string>> parameters;  ///< of the query, decoded
  std::map<std::string, std::string> headers;  ///< names in lower case; repeated ones by ", "
  std::map<std::string, std::string> parts;    ///< of the path, as the route names them
  std::string body;
  std::string client;                                     ///< its address
  Clock::time_point deadline = Clock::time_point::max();  ///< who asks has gone by then

  /// "" if it is not there.
  std::string header(const std::string& name) const;
  std::optional<std::string> parameter(std::string_view name) const;
  /// A part of the path. Throws Problem 404 if the route has none of that name.
  const std::string& part(const std::string& name) const;

  /// Parameters of the query with their fallback. Throw Problem 400: not such a value, or outside.
  int64_t whole(std::string_view name, const Whole& range) const;
  double real(std::string_view name, const Real& range) const;
  bool flag(std::string_view name, bool fallback) const;  ///< true, false, 1, 0
  std::string choice(std::string_view name, std::span<const std::string_view> options) const;
};

/// Where server-sent events go.
class Events {
 public:
  virtual ~Events() = default;
  /// One event; `data` is one line. False: who asked has gone, or the server stops.
  virtual bool send(std::string_view event, std::string_view data) = 0;
  /// Sleeps, and keeps the connection awake. False as above.
  virtual bool wait(std::chrono::milliseconds time) = 0;
};

/// What a handler gives.
struct Reply {
  int status = 200;
  std::string type;  ///< media type of the body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::function<void(Events&)> events;  ///< instead of a body: called until it returns

  static Reply json(std::string text, int status = 200);
  static Reply text(std::string text, int status = 200);
  static Reply bytes(std::string bytes, std::string type);
  static Reply nothing();  ///< 204
  static Reply stream(std::function<void(Events&)> events);

  Reply&& with(std::string name, std::string value) &&;
};

/// Names of `Content-Disposition: attachment`, safe whatever the name holds (RFC 6266, RFC 5987).
std::string attachment(std::string_view name);

/// "%41b+c" -> "Ab c" (plus: whether + is a space, as in a query); broken escapes stay as they are.
std::string percent_decoded(std::string_view text, bool plus);
/// "a=1&b=x%20y" -> pairs, decoded.
std::vector<std::pair<std::string, std::string>> query_pairs(std::string_view query);

}  // namespace troodon::serve
