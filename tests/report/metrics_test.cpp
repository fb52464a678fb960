#include "report/metrics.hpp"

#include <cmath>
#include <unistd.h>

#include <gtest/gtest.h>

namespace troodon::report {
namespace {

TEST(Metrics, AResumedRunLeavesNoStepTwiceAndNoTornLine) {
  const fs::path file =
      fs::temp_directory_path() / ("troodon_metrics_" + std::to_string(::getpid()));
  {
    MetricsLog log(file, 0);
    for (int64_t step : {0, 10, 20, 30})
      log.append({step, {{"loss", 10.0 - static_cast<double>(step)}, {"odd", NAN}}});
  }
  std::ofstream(file, std::ios::app) << "{\"step\": 40, \"lo";  // killed while writing
  {
    MetricsLog log(file, 20);
    log.append({20, {{"loss", 5}}});
  }
  const auto lines = read_metrics(file);
  fs::remove(file);
  const auto [steps, losses] = column(lines, "loss");
  EXPECT_EQ(steps, (std::vector<double>{0, 10, 20}));
  EXPECT_EQ(losses, (std::vector<double>{10, 0, 5}));
  EXPECT_TRUE(std::isnan(lines[0].values.at("odd")));
}

}  // namespace
}  // namespace troodon::report
