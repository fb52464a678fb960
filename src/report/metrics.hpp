#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace troodon::report {

/// One line of metrics.jsonl: a step and its named numbers.
struct MetricsLine {
  int64_t step = 0;
  std::map<std::string, double> values;
};

/// metrics.jsonl: one JSON object per line, {"step": 10, "loss": 9.2, ...}; NaN is written as null.
class MetricsLog {
 public:
  /// Opens `file` for appending and drops the lines of steps >= first_step, so that a resumed run
  /// leaves no step twice. A torn last line is dropped too. Throws Error.
  MetricsLog(const fs::path& file, int64_t first_step);
  void append(const MetricsLine& line);

 private:
  fs::path file_;
  std::ofstream stream_;
};

/// The lines that can be read, in order; none if there is no file.
std::vector<MetricsLine> read_metrics(const fs::path& file);

/// The values of `name` over the steps that have it.
std::pair<std::vector<double>, std::vector<double>> column(const std::vector<MetricsLine>& lines,
                                                           const std::string& name);

}  // namespace troodon::report
