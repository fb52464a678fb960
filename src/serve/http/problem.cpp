#include "serve/http/problem.hpp"

#include <new>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/log.hpp"

namespace troodon::serve {
namespace {

int status_of(Exit code) {
  switch (code) {
    case Exit::usage:
    case Exit::config:
      return 400;
    case Exit::input:
    case Exit::partial:
      return 422;
    case Exit::resource:
    case Exit::interrupted:
    case Exit::terminated:
      return 503;
    default:
      return 500;
  }
}

/// What went wrong is for the server's log, not for whoever asked.
Reply hidden(const char* what) {
  log_warning("a request failed: {}", what);
  return problem_reply({500, "this is a fault of the server; its log says more"});
}

}  // namespace

std::string_view status_title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

Reply problem_reply(const Problem& problem) {
  const nlohmann::ordered_json body = {{"type", "about:blank"},
                                       {"title", status_title(problem.status)},
                                       {"status", problem.status},
                                       {"detail", problem.detail}};
  // A detail may quote what was sent, and that may be no UTF-8.
  Reply reply = Reply::json(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                            problem.status);
  reply.type = "application/problem+json";
  if (problem.retry_seconds > 0) {
    reply.headers.emplace_back("Retry-After", std::to_string(problem.retry_seconds));
  }
  if (problem.status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

Reply problem_of_current_exception() {
  try {
    throw;
  } catch (const Problem& problem) {
    return problem_reply(problem);
  } catch (const Error& error) {
    const int status = status_of(error.code());
    if (status == 500) return hidden(error.what());
    return problem_reply({status, error.what(), status == 503 ? 1 : 0});
  } catch (const std::bad_alloc&) {
    return problem_reply({503, "no memory is left for this; ask again, or for less", 1});
  } catch (const std::exception& error) {
    return hidden(error.what());
  }
}

}  // namespace troodon::serve
