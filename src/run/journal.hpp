#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/file.hpp"
#include "base/progress.hpp"
#include "report/metrics.hpp"
#include "report/tensorboard.hpp"
#include "train/step.hpp"

namespace troodon::run {

/// Where a run's numbers go: metrics.jsonl, TensorBoard events, the progress line.
class Journal {
 public:
  Journal(const fs::path& run_dir,
          int64_t first_step,
          int64_t last_step,
          int64_t images_per_step,
          ProgressStyle style);

  /// Counts a step; every `log_every` steps its numbers are written.
  void step(int64_t step,
            const train::Rates& rates,
            const train::StepValues& values,
            double data_wait_seconds);
  /// Writes numbers that come now and then (a probe, health).
  void note(int64_t step, const std::map<std::string, double>& values);
  double images_per_second() const;
  void set_log_every(int64_t steps) { log_every_ = steps; }

 private:
  void write(int64_t step, const std::map<std::string, double>& values);

  report::MetricsLog metrics_;
  report::TensorBoard events_;
  Progress progress_;
  int64_t first_step_, images_per_step_;
  int64_t log_every_ = 10;
  int64_t steps_ = 0;
  double wait_at_last_ = 0;
  double knn_ = -1;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_write_ = start_;
  int64_t steps_at_last_ = 0;
};

}  // namespace troodon::run
