#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "serve/metrics.hpp"
#include "serve/router.hpp"

namespace troodon::serve {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 8471;                ///< 0: any free one
  std::string token;              ///< "": none is wanted; needed beyond loopback
  int64_t max_body = 32LL << 20;  ///< bytes
  double timeout = 30;            ///< seconds from a request's first byte to its reply
  int concurrency = 64;           ///< requests being answered; more get 503
  int client_concurrency = 0;     ///< of one client (429); 0: half of it, none on loopback
  int streams = 32;               ///< event streams, counted apart
  int connections = 512;          ///< open ones, idle or not
  double keep_alive = 15;         ///< seconds that an idle connection stays open
  double grace = 10;              ///< seconds for what is under way when the server stops
};

/// Listens and answers, a thread for each connection; every limit is on the whole request: a body
/// that trickles in is cut off at the deadline, one too large after `max_body`.
class HttpServer {
 public:
  /// Binds. Throws Error (exit 6): the address is taken or not this machine's; (exit 2): not
  /// loopback and no token.
  HttpServer(const HttpOptions& options, Routes routes, Metrics& metrics);
  ~HttpServer();

  int port() const;
  std::string url() const;  ///< http://host:port
  void start();             ///< answers in the background
  /// No new connections; finishes what is under way within the grace, then cuts.
  void stop();
  bool stopping() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon::serve
