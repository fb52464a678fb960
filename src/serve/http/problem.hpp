#pragma once

#include <exception>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "serve/http/message.hpp"

namespace troodon::serve {

/// A refusal, thrown by handlers and sent as RFC 9457 says. The detail is one sentence: what,
/// where, how to mend it.
class Problem : public std::exception {
 public:
  Problem(int status, std::string detail, int retry_seconds = 0)
      : status(status), retry_seconds(retry_seconds), detail(std::move(detail)) {}
  const char* what() const noexcept override { return detail.c_str(); }

  int status;
  int retry_seconds;  ///< Retry-After; 0: none
  std::string detail;
};

/// Throws a Problem with a formatted detail.
template <class... Args>
[[noreturn]] void refuse(int status, fmt::format_string<Args...> format, Args&&... args) {
  throw Problem(status, fmt::format(format, std::forward<Args>(args)...));
}

/// "Not Found" of 404.
std::string_view status_title(int status);

/// The problem as application/problem+json.
Reply problem_reply(const Problem& problem);

/// The exception being handled as a reply: a Problem as it is; an Error by its exit code (usage and
/// config 400, input 422, resource 503, the rest 500); anything else 500, logged and not told.
Reply problem_of_current_exception();

}  // namespace troodon::serve
