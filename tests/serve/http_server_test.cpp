#include "serve/http/http_server.hpp"

#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "serve/http/problem.hpp"
#include "socket.hpp"

namespace troodon::serve {
namespace {

using namespace std::chrono_literals;

std::atomic<bool> gate_open = true;

Routes some_routes() {
  return {{"GET", "/health", "", [](const Request&) { return Reply::text("alive"); }},
          {"GET",
           "/v1/echo/{word}",
           "",
           [](const Request& r) {
             return Reply::text(r.part("word") + r.parameter("q").value_or(""));
           }},
          {"POST",
           "/v1/length",
           "",
           [](const Request& r) { return Reply::text(std::to_string(r.body.size())); }},
          {"GET",
           "/v1/slow",
           "",
           [](const Request&) {
             while (!gate_open) std::this_thread::sleep_for(1ms);
             return Reply::text("done");
           }},
          {"GET",
           "/v1/large",
           "",
           [](const Request&) { return Reply::text(std::string(20 << 20, 'x')); }},
          {"GET", "/v1/events", "", [](const Request&) {
             return Reply::stream([](Events& events) {
               for (int i = 0; events.send("tick", std::to_string(i)); ++i) {
                 if (!events.wait(50ms)) break;
               }
             });
           }}};
}

struct Running {
  Metrics metrics;
  HttpServer server;
  explicit Running(HttpOptions options = {}) : server(fixed(options), some_routes(), metrics) {
    server.start();
  }
  static HttpOptions fixed(HttpOptions options) {
    options.port = 0;
    return options;
  }
};

std::string ask(int port, const std::string& text) {
  Socket socket(port);
  socket.send(text);
  return socket.reply();
}

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

std::string post(const std::string& body) {
  return "POST /v1/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(HttpServer, AnswersSeveralRequestsOfOneConnection) {
  Running running;
  Socket socket(running.server.port());
  for (int i = 0; i < 20; ++i) {
    socket.send(get("/v1/echo/a%20b?q=+c"));
    const std::string reply = socket.reply();
    EXPECT_TRUE(reply.ends_with("\r\n\r\na b c")) << reply;
    EXPECT_NE(reply.find("X-Content-Type-Options: nosniff"), std::string::npos);
    EXPECT_EQ(reply.find("Access-Control"), std::string::npos);
  }
  socket.send(post(std::string(100000, 'x')));
  EXPECT_TRUE(socket.reply().ends_with("\r\n\r\n100000"));
  socket.send(get("/v1/echo/x") + post("abc") + get("/v1/echo/y"));
  EXPECT_TRUE(socket.reply().ends_with("x"));
  EXPECT_TRUE(socket.reply().ends_with("3"));
  EXPECT_TRUE(socket.reply().ends_with("y")) << "requests in one packet";
}

TEST(HttpServer, HeadAndOptionsHaveNoBody) {
  Running running;
  Socket socket(running.server.port());
  socket.send("HEAD /v1/echo/abc HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string head = socket.receive("\r\n\r\n");
  EXPECT_EQ(status_of(head), 200);
  EXPECT_NE(head.find("Content-Length: 3"), std::string::npos);
  socket.send("OPTIONS /v1/length HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(status_of(socket.reply()), 204);
  socket.send("DELETE /v1/length HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(status_of(socket.reply()), 405);
}

TEST(HttpServer, ALargeBodyIsRefusedBeforeItIsRead) {
  Running running({.max_body = 1000});
  const int port = running.server.port();
  const std::string head = "POST /v1/length HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_EQ(status_of(ask(port, head + "Content-Length: 1000000000\r\n\r\n")), 413);
  EXPECT_EQ(
      status_of(ask(port, head + "Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n")),
      413);
  Socket chunks(port);
  chunks.send(head + "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 10; ++i) chunks.send("80\r\n" + std::string(128, 'x') + "\r\n");
  const std::string reply = chunks.reply();
  EXPECT_EQ(status_of(reply), 413);
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  EXPECT_EQ(chunks.receive(), "") << "what follows is no request";
  EXPECT_EQ(status_of(ask(port, get("/health"))), 200);
}

TEST(HttpServer, AWantedBodyIsAskedFor) {
  Running running;
  Socket socket(running.server.port());
  socket.send(
      "POST /v1/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(status_of(socket.receive("\r\n\r\n")), 100);
  socket.send("ab");
  EXPECT_TRUE(socket.reply().ends_with("\r\n\r\n2"));
}

TEST(HttpServer, WhatTricklesInIsCutOffAtTheDeadline) {
  Running running({.timeout = 0.3});
  const int port = running.server.port();
  Socket head(port), body(port);
  body.send("POST /v1/length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 30; ++i) {
    head.send("G");
    body.send("x");
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(status_of(head.receive()), 408);
  EXPECT_EQ(status_of(body.receive()), 408);
  EXPECT_EQ(status_of(ask(port, get("/health"))), 200);
}

TEST(HttpServer, MalformedRequestsGetAReplyAndEndTheConnection) {
  Running running;
  const int port = running.server.port();
  const std::string host = "Host: localhost\r\n";
  const std::vector<std::string> malformed = {
      "nonsense\r\n\r\n",
      "GET /health HTTP/9.9\r\n" + host + "\r\n",
      "GET /health HTTP/1.1\r\n\r\n",
      "GET /health HTTP/1.1\n" + host + "\r\n\r\n",
      "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      get("/v1/echo/x", "Content-Length: 3\r\n") + "abc",
      "GET http://localhost/health HTTP/1.1\r\n" + host + "\r\n",
      get("/v1/echo/" + std::string(9000, 'a'))};
  for (const std::string& bad : malformed) {
    const int status = status_of(ask(port, bad));
    EXPECT_TRUE(status >= 400 && status < 500) << status << ": " << bad.substr(0, 60);
  }
  EXPECT_EQ(status_of(ask(port, get("/v1/echo/x", "A: " + std::string(20000, 'a') + "\r\n"))), 431);
  std::string ranges = "Range: bytes=0-0";
  for (int i = 0; i < 2000; ++i) ranges += ",0-0";
  EXPECT_EQ(status_of(ask(port, get("/v1/echo/x", ranges + "\r\n"))), 200)
      << "ranges are passed over";
  for (const char* path :
       {"/../../etc/passwd", "/v1/echo/..%2f..%2fetc%2fpasswd/x", "/%00", "/v1/../health"}) {
    const int status = status_of(ask(port, get(path)));
    EXPECT_TRUE(status == 404 || status == 400) << status << ": " << path;
  }
  EXPECT_EQ(status_of(ask(port, get("/health"))), 200);
}

TEST(HttpServer, BeyondItsLimitItSaysSoAndStillTellsThatItLives) {
  Running running({.concurrency = 2});
  const int port = running.server.port();
  gate_open = false;
  Socket first(port), second(port);
  first.send(get("/v1/slow"));
  second.send(get("/v1/slow"));
  while (running.metrics.text().find("troodon_requests_under_way 2") == std::string::npos) {
    std::this_thread::sleep_for(1ms);
  }
  const std::string reply = ask(port, get("/v1/echo/x"));
  EXPECT_EQ(status_of(reply), 503);
  EXPECT_NE(reply.find("Retry-After: 1"), std::string::npos);
  EXPECT_EQ(status_of(ask(port, get("/health"))), 200);
  gate_open = true;
  EXPECT_TRUE(first.reply().ends_with("done"));
  EXPECT_TRUE(second.reply().ends_with("done"));
}

TEST(HttpServer, OneClientHasItsShare) {
  Running running({.client_concurrency = 1});
  gate_open = false;
  Socket first(running.server.port());
  first.send(get("/v1/slow"));
  while (running.metrics.text().find("troodon_requests_under_way 1") == std::string::npos) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(status_of(ask(running.server.port(), get("/v1/echo/x"))), 429);
  gate_open = true;
  EXPECT_EQ(status_of(first.reply()), 200);
}

TEST(HttpServer, StreamsDoNotKeepOthersWaitingAndAreCountedApart) {
  Running running({.concurrency = 1, .streams = 3});
  const int port = running.server.port();
  std::vector<std::unique_ptr<Socket>> streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(std::make_unique<Socket>(port));
    streams.back()->send(get("/v1/events"));
    EXPECT_NE(streams.back()->receive("data: 1\n\n").find("event: tick\ndata: 0\n\n"),
              std::string::npos);
  }
  EXPECT_EQ(status_of(ask(port, get("/v1/echo/x"))), 200);
  EXPECT_EQ(status_of(ask(port, get("/v1/events"))), 503);
  streams.clear();
  while (running.metrics.text().find("troodon_streams 0") == std::string::npos)
    std::this_thread::sleep_for(1ms);
}

TEST(HttpServer, IdleConnectionsMakeRoomForNewOnes) {
  Running running({.connections = 4});
  const int port = running.server.port();
  std::vector<std::unique_ptr<Socket>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<Socket>(port));
    idle.back()->send(get("/health"));
    EXPECT_EQ(status_of(idle.back()->reply()), 200);
  }
  EXPECT_EQ(status_of(ask(port, get("/health"))), 503) << "nobody has idled for a second yet";
  std::this_thread::sleep_for(1100ms);
  EXPECT_EQ(status_of(ask(port, get("/health"))), 200);
}

TEST(HttpServer, StopsAfterWhatIsUnderWay) {
  auto running = std::make_unique<Running>();
  Socket slow(running->server.port()), idle(running->server.port()), stream(running->server.port());
  gate_open = false;
  slow.send(get("/v1/slow"));
  stream.send(get("/v1/events"));
  (void)stream.receive("data: 0\n\n");
  while (running->metrics.text().find("troodon_requests_under_way 1") == std::string::npos) {
    std::this_thread::sleep_for(1ms);
  }
  std::jthread opener([] {
    std::this_thread::sleep_for(100ms);
    gate_open = true;
  });
  const auto start = Clock::now();
  running.reset();
  EXPECT_LT(Clock::now() - start, 5s) << "neither idle connections nor streams hold it up";
  EXPECT_TRUE(slow.reply().ends_with("done"));
  EXPECT_EQ(idle.receive(), "");
}

TEST(HttpServer, BeyondLoopbackATokenIsNeededAndAPortIsServedOnce) {
  Metrics metrics;
  EXPECT_THROW(HttpServer({.host = "0.0.0.0", .port = 0}, {}, metrics), Error);
  Running running;
  EXPECT_THROW(HttpServer({.port = running.server.port()}, {}, metrics), Error);
  EXPECT_NE(running.server.url().find("http://127.0.0.1:"), std::string::npos);
}

TEST(HttpServer, ManyClientsAtOnceAreAllServed) {
  Running running;
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> clients;
    for (int c = 0; c < 64; ++c) {
      clients.emplace_back([&] {
        Socket socket(running.server.port());
        for (int i = 0; i < 20; ++i) {
          socket.send(i % 4 == 0 ? post("abc") : get("/v1/echo/x"));
          good += status_of(socket.reply()) == 200;
        }
      });
    }
  }
  EXPECT_EQ(good, 64 * 20);
}

TEST(HttpServer, AReaderOfALargeReplyGetsAllOfIt) {
  Running running;
  EXPECT_GT(ask(running.server.port(), get("/v1/large")).size(), size_t{20} << 20);
}

}  // namespace
}  // namespace troodon::serve
