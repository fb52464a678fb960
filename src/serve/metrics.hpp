#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troodon::serve {

/// Upper bounds of the latency buckets, seconds; one more takes the rest.
inline constexpr std::array<double, 12> kLatencyBounds = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

/// What the server counts, in Prometheus' text format (0.0.4). Safe from any thread.
class Metrics {
 public:
  /// One answered request.
  void count(const std::string& route, const std::string& method, int status, double seconds);
  /// A value read when asked for; `kind`: gauge or counter. Given before requests come.
  void watch(std::string name, std::string kind, std::string help, std::function<double()> value);
  std::string text() const;

 private:
  struct Latency {
    std::array<uint64_t, kLatencyBounds.size() + 1> buckets{};
    double sum = 0;
  };
  struct Watched {
    std::string name, kind, help;
    std::function<double()> value;
  };
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> requests_;  // by labels
  std::map<std::string, Latency> latencies_;
  std::vector<Watched> watched_;
};

}  // namespace troodon::serve
