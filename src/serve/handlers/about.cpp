#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

/// GET /health -> {"status": "ok"}
Reply health(const Request&) {
  return reply_of({{"status", "ok"}});
}

/// GET /metrics -> Prometheus' text.
Reply metrics(const Site& site) {
  return Reply::bytes(site.metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
}

Json json_of(const IndexState& state) {
  return {{"state", state.scanning ? "scanning" : "idle"},
          {"done", state.done},
          {"total", state.total},
          {"per_second", state.per_second},
          {"eta_seconds", state.eta_seconds}};
}

/// GET /v1/events -> index, changed.
void events(const Site& site, Events& out) {
  int64_t version = -1;
  while (true) {
    const uint64_t seen = site.indexing.changes();
    const IndexState state = site.indexing.state();
    if (!out.send("index", text_of(json_of(state)))) return;
    if (state.version != version) {
      version = state.version;
      if (!out.send("changed", text_of({{"pictures", state.pictures}}))) return;
    }
    do {  // not more often than somebody can see
      if (!out.wait(std::chrono::milliseconds(200))) return;
    } while (site.indexing.changes() == seen);
  }
}

}  // namespace

void add_about(Routes& routes, Site& site) {
  routes.push_back({"GET", "/health", "Whether the process lives", health});
  // Who gets a reply at all finds everything open: a site is made before its server.
  routes.push_back({"GET", "/ready", "Whether pictures can be asked for", health});
  routes.push_back(
      {"GET", "/metrics", "What the server counts, for Prometheus", [&site](const Request&) {
         return metrics(site);
       }});
  routes.push_back(
      {"GET", "/v1/events", "Server-sent events: index, changed", [&site](const Request&) {
         return Reply::stream([&site](Events& out) { events(site, out); });
       }});
}

}  // namespace troodon::serve
