#include "serve/http/service.hpp"

#include <algorithm>
#include <utility>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

constexpr int64_t kBodies = 8;  // of the largest size may be on their way together

int share(const HttpOptions& options) {
  if (options.client_concurrency > 0) return options.client_concurrency;
  // Behind loopback all are one client.
  return is_loopback(options.host) ? options.concurrency : std::max(1, options.concurrency / 2);
}

}  // namespace

Service::Service(const HttpOptions& options, Routes routes, Metrics& metrics)
    : options_(options),
      gate_{.host = options.host,
            .token = options.token,
            .session = random_word(),
            .max_body = options.max_body},
      routes_(std::move(routes)),
      metrics_(metrics),
      answering_(options.concurrency, share(options)),
      streaming_(options.streams, is_loopback(options.host) ? options.streams : 8),
      bodies_(kBodies * options.max_body) {
  metrics.watch("troodon_requests_under_way", "gauge", "Requests being answered.", [this] {
    return static_cast<double>(answering_.count());
  });
  metrics.watch("troodon_streams", "gauge", "Open event streams.", [this] {
    return static_cast<double>(streaming_.count());
  });
}

void Service::look(Exchange& exchange) const {
  Request& request = exchange.request;
  const std::string_view target = exchange.target;
  const std::string_view path = target.substr(0, target.find('?'));
  request.path = percent_decoded(path, false);
  if (path.size() < target.size()) request.parameters = query_pairs(target.substr(path.size() + 1));
  exchange.found = find_route(routes_, request.method, path);
  try {
    exchange.announced = announced_body(request, options_.max_body);
    exchange.refused = stopped_at_gate(request, gate_);
  } catch (const Problem& problem) {
    exchange.announced = -1;
    exchange.refused = problem_reply(problem);
  }
}

Reply Service::within_limits(Exchange& exchange) {
  const Request& request = exchange.request;
  // Whether it lives can be asked, however much it has to do.
  if (!request.path.starts_with("/v1/")) return dispatch(exchange.found, exchange.request);
  const Place place(answering_, request.client, "requests");
  Reply reply = dispatch(exchange.found, exchange.request);
  if (reply.events) {
    exchange.stream = std::make_shared<Place>(streaming_, request.client, "streams");
  }
  return reply;
}

Reply Service::admitted(Exchange& exchange, Connection& connection) {
  Request& request = exchange.request;
  try {
    if (stopping_) throw Problem(503, "the server stops", 5);
    Loan loan(bodies_);
    const Source source = [&](char* to, size_t bytes) { return connection.read(to, bytes); };
    request.body = read_body(source, exchange.announced, options_.max_body, loan);
    exchange.body_read = true;
    return within_limits(exchange);
  } catch (...) {
    return problem_of_current_exception();
  }
}

Reply Service::answer(Exchange& exchange, Connection& connection) {
  exchange.body_read = exchange.announced == 0;
  exchange.request.deadline = connection.deadline();
  Reply reply = exchange.refused ? std::move(*exchange.refused) : admitted(exchange, connection);
  add_protection(reply);
  const Route* route = exchange.found.route;
  const double seconds = std::chrono::duration<double>(Clock::now() - connection.started()).count();
  metrics_.count(route == nullptr ? "none" : route->pattern,
                 route == nullptr ? "any" : route->method,
                 reply.status,
                 seconds);
  return reply;
}

}  // namespace troodon::serve
