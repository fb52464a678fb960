#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "serve/http/message.hpp"

namespace troodon::serve {

/// Who may ask, and how much.
struct GateOptions {
  std::string host = "127.0.0.1";  ///< as bound
  std::string token;               ///< "": none is wanted
  std::string session;             ///< what the cookie holds; unguessable, new with each start
  int64_t max_body = 32 << 20;     ///< bytes
};

/// Whether the address is this machine's own: 127.x.x.x, ::1, localhost.
bool is_loopback(std::string_view host);

/// A random hexadecimal word of so many bits, from the system's generator.
std::string random_word(int bits = 128);

/// Compares in a time that depends on the lengths alone.
bool same_secret(std::string_view a, std::string_view b);

/// A body's announced size, -1 if it comes in chunks. Throws Problem: 400 contradicting or broken
/// headers, a body where none belongs; 413 too large; 415 compressed.
int64_t announced_body(const Request& head, int64_t max_body);

/// Looks at a request's head, before its body is read. A reply means: no further. 400: another
/// Host than this server's (a rebound name). 403: a page of another site writes. 401: no token, a
/// wrong one. 303: the token was in the address; the cookie now has it.
std::optional<Reply> stopped_at_gate(const Request& head, const GateOptions& options);

/// Adds the headers that each reply carries: no sniffing, no framing, no other origin.
void add_protection(Reply& reply);

}  // namespace troodon::serve
