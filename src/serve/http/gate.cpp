#include "serve/http/gate.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <sys/random.h>
#include <vector>

#include "base/error.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

constexpr std::string_view kCookie = "troodon";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// "[::1]:8471" -> "::1", "localhost:8471" -> "localhost".
std::string name_of_authority(std::string_view authority) {
  if (authority.starts_with('[')) {
    return lower(authority.substr(1, std::min(authority.find(']'), authority.size()) - 1));
  }
  return lower(authority.substr(0, authority.find(':')));
}

/// "a=1; troodon=x" -> "x".
std::string cookie(std::string_view header) {
  while (!header.empty()) {
    std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(header.size(), pair.size() + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(kCookie) && pair.substr(kCookie.size()).starts_with('=')) {
      return std::string(pair.substr(kCookie.size() + 1));
    }
  }
  return "";
}

bool writes(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "DELETE" || method == "PATCH";
}

/// A name that an attacker's page had resolved to this machine is not one of ours.
void check_host(const Request& head, const GateOptions& options) {
  const std::string host = head.header("host");
  if (host.empty() || host.find(',') != std::string::npos) {
    refuse(400, "one Host header is needed");
  }
  const std::string name = name_of_authority(host);
  if (!is_loopback(options.host) || is_loopback(name) || name == lower(options.host)) return;
  refuse(400, "this server answers to localhost, not to the name in the Host header");
}

/// A page of another site may send forms here, but it can't hide where it is.
void check_origin(const Request& head) {
  if (!writes(head.method)) return;
  const std::string site = head.header("sec-fetch-site");
  if (site == "cross-site" || site == "same-site") {
    refuse(403, "a page of another site may not write here");
  }
  const std::string origin = head.header("origin");
  if (origin.empty()) return;
  const size_t scheme = origin.find("://");
  if (scheme == std::string::npos ||
      lower(origin.substr(scheme + 3)) != lower(head.header("host"))) {
    refuse(403, "a page of another site may not write here");
  }
}

std::optional<Reply> check_token(const Request& head, const GateOptions& options) {
  if (options.token.empty() || head.path == "/health") return std::nullopt;
  const std::string given = head.header("authorization");
  constexpr std::string_view kBearer = "bearer ";
  if (lower(given).starts_with(kBearer) &&
      same_secret(given.substr(kBearer.size()), options.token)) {
    return std::nullopt;
  }
  if (!options.session.empty() && same_secret(cookie(head.header("cookie")), options.session)) {
    return std::nullopt;
  }
  const auto token = head.parameter("token");
  if (head.method == "GET" && head.path == "/" && token && same_secret(*token, options.token)) {
    // Away from the address bar, the history and what is copied from there.
    return Reply{.status = 303}
        .with("Location", "/")
        .with("Set-Cookie",
              fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", kCookie, options.session));
  }
  refuse(401, "a token is needed: `Authorization: Bearer TOKEN`, or open /?token=TOKEN once");
}

}  // namespace

bool is_loopback(std::string_view host) {
  const std::string name = lower(host);
  if (name == "localhost" || name == "::1" || name == "[::1]") return true;
  return name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string::npos;
}

std::string random_word(int bits) {
  std::vector<unsigned char> bytes(static_cast<size_t>(bits / 8));
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    fail(Exit::resource, "the system gives no random numbers");
  }
  std::string word;
  for (const unsigned char byte : bytes) word += fmt::format("{:02x}", byte);
  return word;
}

bool same_secret(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ (b.empty() ? 0 : b[i % b.size()]));
  }
  return difference == 0;
}

int64_t announced_body(const Request& head, int64_t max_body) {
  const std::string length = head.header("content-length");
  const std::string coding = lower(head.header("transfer-encoding"));
  if (!head.header("content-encoding").empty()) {
    refuse(415, "send the body as it is, without Content-Encoding");
  }
  if (!coding.empty()) {
    // Both at once is how a proxy and a server are made to disagree on where a request ends.
    if (!length.empty() || coding != "chunked") refuse(400, "Transfer-Encoding is chunked, alone");
    if (!writes(head.method)) refuse(400, "{} has no body", head.method);
    return -1;
  }
  if (length.empty()) return 0;
  int64_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  const bool digits = length.find_first_not_of("0123456789") == std::string::npos;
  if (digits && error == std::errc::result_out_of_range)
    bytes = INT64_MAX;
  else if (!digits || error != std::errc())
    refuse(400, "Content-Length is one number");
  if (bytes > 0 && !writes(head.method)) refuse(400, "{} has no body", head.method);
  if (bytes > max_body) {
    refuse(413, "the body is larger than {} bytes (--max-body)", max_body);
  }
  return bytes;
}

std::optional<Reply> stopped_at_gate(const Request& head, const GateOptions& options) {
  try {
    if (!head.path.starts_with('/') || head.path.find('\0') != std::string::npos) {
      refuse(400, "the path begins with a slash and holds no zero byte");
    }
    check_host(head, options);
    check_origin(head);
    return check_token(head, options);
  } catch (const Problem& problem) {
    return problem_reply(problem);
  }
}

void add_protection(Reply& reply) {
  auto& headers = reply.headers;
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("Referrer-Policy", "no-referrer");
  headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  headers.emplace_back("X-Frame-Options", "DENY");
  headers.emplace_back("Content-Security-Policy",
                       "default-src 'self'; img-src 'self' blob: data:; worker-src 'self' blob:; "
                       "object-src 'none'; base-uri 'none'; form-action 'self'; "
                       "frame-ancestors 'none'");
  const bool cached = std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    return header.first == "Cache-Control";
  });
  if (!cached) headers.emplace_back("Cache-Control", "no-store");
}

}  // namespace troodon::serve
