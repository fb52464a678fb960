#include "serve/metrics.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace troodon::serve {
namespace {

std::string head(const std::string& name, const std::string& kind, const std::string& help) {
  return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, kind, help);
}

}  // namespace

void Metrics::count(const std::string& route,
                    const std::string& method,
                    int status,
                    double seconds) {
  const std::string key =
      fmt::format("route=\"{}\",method=\"{}\",status=\"{}\"", route, method, status);
  const size_t bucket =
      static_cast<size_t>(std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), seconds) -
                          kLatencyBounds.begin());
  const std::lock_guard lock(mutex_);
  ++requests_[key];
  Latency& latency = latencies_[fmt::format("route=\"{}\"", route)];
  ++latency.buckets[bucket];
  latency.sum += seconds;
}

void Metrics::watch(std::string name,
                    std::string kind,
                    std::string help,
                    std::function<double()> value) {
  const std::lock_guard lock(mutex_);
  watched_.push_back({std::move(name), std::move(kind), std::move(help), std::move(value)});
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string text = head("troodon_requests_total", "counter", "Answered requests.");
  for (const auto& [labels, count] : requests_) {
    text += fmt::format("troodon_requests_total{{{}}} {}\n", labels, count);
  }
  const std::string name = "troodon_request_seconds";
  text += head(name, "histogram", "From a request's first byte to its reply.");
  for (const auto& [labels, latency] : latencies_) {
    uint64_t below = 0;
    for (size_t i = 0; i < latency.buckets.size(); ++i) {
      below += latency.buckets[i];
      const std::string bound =
          i < kLatencyBounds.size() ? fmt::format("{}", kLatencyBounds[i]) : "+Inf";
      text += fmt::format("{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, bound, below);
    }
    text +=
        fmt::format("{0}_sum{{{1}}} {2}\n{0}_count{{{1}}} {3}\n", name, labels, latency.sum, below);
  }
  for (const Watched& watched : watched_) {
    text += head(watched.name, watched.kind, watched.help);
    text += fmt::format("{} {}\n", watched.name, watched.value());
  }
  return text;
}

}  // namespace troodon::serve
