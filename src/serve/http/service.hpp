#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "serve/http/body.hpp"
#include "serve/http/connection.hpp"
#include "serve/http/gate.hpp"
#include "serve/http/http_server.hpp"
#include "serve/http/limits.hpp"

namespace troodon::serve {

/// One request on its way.
struct Exchange {
  Request request;
  std::string target;            ///< as it was sent
  std::optional<Reply> refused;  ///< the gate's, or of an impossible body
  int64_t announced = 0;         ///< bytes of the body, -1: in chunks
  bool body_read = false;        ///< else the connection can't serve another request
  Found found;
  std::shared_ptr<Place> stream;  ///< of a reply that is a stream
};

/// What happens between a request's head and its reply: gate, body, limits, route, counting.
class Service {
 public:
  Service(const HttpOptions& options, Routes routes, Metrics& metrics);

  /// Looks at the head: fills what the exchange knows without the body.
  void look(Exchange& exchange) const;
  /// The reply, with all its headers; reads the body from the connection.
  Reply answer(Exchange& exchange, Connection& connection);

  const HttpOptions& options() const { return options_; }
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

 private:
  Reply admitted(Exchange& exchange, Connection& connection);
  Reply within_limits(Exchange& exchange);

  HttpOptions options_;
  GateOptions gate_;
  Routes routes_;
  Metrics& metrics_;
  Counter answering_, streaming_;
  Budget bodies_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace troodon::serve
