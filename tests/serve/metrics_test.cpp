#include "serve/metrics.hpp"

#include <gtest/gtest.h>

namespace troodon::serve {
namespace {

TEST(Metrics, CountsByRouteAndStatusAndAddsUpItsBuckets) {
  Metrics metrics;
  metrics.watch("troodon_queue", "gauge", "Waiting.", [] { return 3.0; });
  metrics.count("/v1/search", "POST", 200, 0.002);
  metrics.count("/v1/search", "POST", 200, 0.01);
  metrics.count("/v1/search", "POST", 503, 99);
  const std::string text = metrics.text();
  for (const char* line :
       {"troodon_requests_total{route=\"/v1/search\",method=\"POST\",status=\"200\"} 2\n",
        "troodon_requests_total{route=\"/v1/search\",method=\"POST\",status=\"503\"} 1\n",
        "troodon_request_seconds_bucket{route=\"/v1/search\",le=\"0.001\"} 0\n",
        "troodon_request_seconds_bucket{route=\"/v1/search\",le=\"0.0025\"} 1\n",
        "troodon_request_seconds_bucket{route=\"/v1/search\",le=\"0.01\"} 2\n",
        "troodon_request_seconds_bucket{route=\"/v1/search\",le=\"10\"} 2\n",
        "troodon_request_seconds_bucket{route=\"/v1/search\",le=\"+Inf\"} 3\n",
        "troodon_request_seconds_count{route=\"/v1/search\"} 3\n",
        "# TYPE troodon_queue gauge\ntroodon_queue 3\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace troodon::serve
