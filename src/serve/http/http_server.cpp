#include "serve/http/http_server.hpp"

#include <httplib.h>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"
#include "serve/http/open_connections.hpp"
#include "serve/http/problem.hpp"
#include "serve/http/service.hpp"
#include "serve/http/workers.hpp"

namespace troodon::serve {
namespace {

constexpr double kHeadSeconds = 10;
constexpr int kRequests = 10000;  // of one connection
constexpr int kBacklog = 512;     // connections that the system keeps until they are accepted

/// httplib's view of a connection.
class SocketStream final : public httplib::Stream {
 public:
  explicit SocketStream(Connection& connection) : connection_(connection) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return !connection_.gone(); }
  ssize_t read(char* to, size_t bytes) override { return connection_.read(to, bytes); }
  ssize_t write(const char* text, size_t bytes) override {
    return connection_.write({text, bytes}) ? static_cast<ssize_t>(bytes) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int&) const override { ip = connection_.peer(); }
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return connection_.socket(); }

 private:
  Connection& connection_;
};

/// Server-sent events in chunks of a reply.
class SentEvents final : public Events {
 public:
  SentEvents(httplib::DataSink& sink, const Connection& connection, const Service& service)
      : sink_(sink), connection_(connection), service_(service) {}

  bool send(std::string_view event, std::string_view data) override {
    const std::string text = fmt::format("event: {}\ndata: {}\n\n", event, data);
    return !over() && sink_.write(text.data(), text.size());
  }
  bool wait(std::chrono::milliseconds time) override {
    const auto until = Clock::now() + time;
    while (!over() && Clock::now() < until) {
      std::this_thread::sleep_for(
          std::min<Clock::duration>(until - Clock::now(), std::chrono::milliseconds(100)));
    }
    // Proxies close what says nothing for long.
    if (Clock::now() - spoke_ > std::chrono::seconds(15)) {
      spoke_ = Clock::now();
      constexpr std::string_view kAlive = ": alive\n\n";
      if (!sink_.write(kAlive.data(), kAlive.size())) return false;
    }
    return !over();
  }

 private:
  bool over() const { return service_.stopping() || connection_.gone(); }

  httplib::DataSink& sink_;
  const Connection& connection_;
  const Service& service_;
  Clock::time_point spoke_ = Clock::now();
};

/// What this thread is doing for httplib.
struct Current {
  Connection* connection = nullptr;
  Exchange* exchange = nullptr;
  bool turn_away = false;
};
thread_local Current current;

/// A reply without httplib: to what is no request, or one too many.
std::string raw_reply(int status, const std::string& detail, int retry_seconds = 0) {
  const Reply reply = problem_reply({status, detail, retry_seconds});
  std::string text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
                                 status,
                                 status_title(status),
                                 reply.type,
                                 reply.body.size());
  for (const auto& [name, value] : reply.headers) text += fmt::format("{}: {}\r\n", name, value);
  return text + "Connection: close\r\n\r\n" + reply.body;
}

}  // namespace

struct HttpServer::Body final : httplib::Server {
  Body(const HttpOptions& options, Routes routes, Metrics& metrics)
      : service(options, std::move(routes), metrics),
        workers(static_cast<size_t>(options.connections)) {
    metrics.watch("troodon_connections", "gauge", "Open connections.", [this] {
      return static_cast<double>(open.count());
    });
    new_task_queue = [this] { return new Tasks(*this); };  // httplib takes it over
    set_tcp_nodelay(true);
    set_keep_alive_timeout(static_cast<time_t>(options.keep_alive));  // these two are only told
    set_keep_alive_max_count(kRequests);
    // Not httplib's SO_REUSEPORT, which lets two servers share a port unnoticed.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      fill(service.answer(*current.exchange, *current.connection), response);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
      if (current.exchange->body_read) return;
      response.headers.erase("Keep-Alive");  // what is left of the body would be the next request
      response.headers.erase("Connection");
      response.set_header("Connection", "close");
    });
    set_expect_100_continue_handler([this](const httplib::Request&, httplib::Response& response) {
      if (!current.exchange->refused) return 100;
      fill(service.answer(*current.exchange, *current.connection), response);
      response.set_header("Content-Length", std::to_string(response.body.size()));
      return response.status;
    });
  }

  /// Gives each connection a thread.
  struct Tasks final : httplib::TaskQueue {
    explicit Tasks(Body& server) : server(server) {}
    void enqueue(std::function<void()> job) override {
      if (server.workers.run(job)) return;
      if (server.open.cut_oldest()) return server.workers.run_later(std::move(job));
      current.turn_away = true;
      job();
      current.turn_away = false;
    }
    void shutdown() override {}
    Body& server;
  };

  bool process_and_close_socket(socket_t socket) override {
    if (current.turn_away) {
      const std::string text = raw_reply(503, "too many connections are open; ask again", 1);
      [[maybe_unused]] const ssize_t sent =
          ::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      ::close(socket);
      return false;
    }
    Connection connection(socket);
    open.add(&connection);
    current.connection = &connection;
    int served = 0;
    while (served++ < kRequests && !service.stopping() && serve_one(connection)) {
    }
    current = {};
    open.remove(&connection);
    return true;
  }

  /// False: the connection is done for.
  bool serve_one(Connection& connection) {
    const HttpOptions& options = service.options();
    switch (connection.read_head({options.keep_alive, kHeadSeconds, options.timeout})) {
      case Connection::Head::closed:
        return false;
      case Connection::Head::late:
        return connection.write(raw_reply(408, "the request's head stopped before its end")), false;
      case Connection::Head::large:
        return connection.write(raw_reply(431, "the request's head is larger than 16 KiB")), false;
      case Connection::Head::broken:
        return connection.write(raw_reply(400, "the request's head is malformed")), false;
      case Connection::Head::ready:
        break;
    }
    Exchange exchange;
    exchange.announced = -1;  // until its head is understood
    current.exchange = &exchange;
    SocketStream stream(connection);
    bool closed = false;
    const bool sent =
        process_request(stream, /*close_connection=*/false, closed, [&](httplib::Request& request) {
          take(request, exchange, connection);
        });
    current.exchange = nullptr;
    return sent && !closed && exchange.body_read;
  }

  /// The head as httplib read it.
  void take(httplib::Request& request, Exchange& exchange, const Connection& connection) const {
    exchange.request.method = request.method;
    exchange.request.client = request.remote_addr;
    exchange.target = request.target;
    for (const auto& [name, value] : request.headers) {
      std::string lower = name;
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      std::string& kept = exchange.request.headers[lower];
      kept += (kept.empty() ? "" : ", ") + value;
    }
    service.look(exchange);
    // httplib would pack each reply, with brotli at its slowest.
    request.headers.erase("Accept-Encoding");
  }

  void fill(Reply reply, httplib::Response& response) {
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    if (!reply.events) {
      if (!reply.type.empty()) response.set_content(reply.body, reply.type);
      return;
    }
    Connection& connection = *current.connection;
    response.set_chunked_content_provider(
        reply.type,
        [this, &connection, events = std::move(reply.events), place = current.exchange->stream](
            size_t, httplib::DataSink& sink) {
          SentEvents sent(sink, connection, service);
          try {
            events(sent);
          } catch (...) {
            sent.send("problem", problem_of_current_exception().body);
          }
          sink.done();
          return true;
        });
  }

  void bind(const HttpOptions& options) {
    if (options.port == 0) {
      port = bind_to_any_port(options.host);
    } else {
      port = bind_to_port(options.host, options.port) ? options.port : -1;
    }
    if (port < 0) {
      fail(Exit::resource,
           "cannot listen on {}:{}: another program does, or it is not this machine's address; "
           "choose another with --port",
           options.host,
           options.port);
    }
    ::listen(svr_sock_, kBacklog);  // httplib's own queue holds five
  }

  Service service;
  OpenConnections open;
  Workers workers;
  std::thread listener;
  int port = -1;
};

HttpServer::HttpServer(const HttpOptions& options, Routes routes, Metrics& metrics) {
  if (options.token.empty() && !is_loopback(options.host)) {
    fail(Exit::usage,
         "{} can be reached by others: give a --token that they must know, or serve on 127.0.0.1",
         options.host);
  }
  body_ = std::make_unique<Body>(options, std::move(routes), metrics);
  body_->bind(options);
}

HttpServer::~HttpServer() {
  stop();
}

int HttpServer::port() const {
  return body_->port;
}

std::string HttpServer::url() const {
  const std::string& host = body_->service.options().host;
  if (host.find(':') != std::string::npos) return fmt::format("http://[{}]:{}", host, body_->port);
  return fmt::format("http://{}:{}", host, body_->port);
}

void HttpServer::start() {
  body_->listener = std::thread([this] { body_->listen_after_bind(); });
  while (!body_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void HttpServer::stop() {
  Body& body = *body_;
  if (!body.listener.joinable()) return;
  body.service.stop();
  body.Server::stop();
  body.listener.join();
  const auto until = Clock::now() + std::chrono::duration<double>(body.service.options().grace);
  while (body.workers.busy() > 0 && Clock::now() < until) {
    body.open.cut_waiting();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  body.open.cut_all();
  body.workers.finish();
}

bool HttpServer::stopping() const {
  return body_->service.stopping();
}

}  // namespace troodon::serve
