#include "report/metrics.hpp"

#include <cmath>
#include <limits>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace troodon::report {
namespace {

std::string line_text(const MetricsLine& line) {
  nlohmann::ordered_json object = {{"step", line.step}};
  for (const auto& [name, value] : line.values)
    object[name] = value;  // nlohmann writes NaN as null
  return object.dump() + "\n";
}

bool parse_line(const std::string& text, MetricsLine& line) {
  const auto object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("step") || !object["step"].is_number()) return false;
  line = {.step = object["step"].get<int64_t>(), .values = {}};
  for (const auto& [name, value] : object.items()) {
    if (name == "step") continue;
    if (value.is_number()) line.values[name] = value.get<double>();
    if (value.is_null()) line.values[name] = std::numeric_limits<double>::quiet_NaN();
  }
  return true;
}

}  // namespace

std::vector<MetricsLine> read_metrics(const fs::path& file) {
  std::vector<MetricsLine> out;
  if (!fs::exists(file)) return out;
  std::istringstream stream(read_text(file));
  MetricsLine line;
  for (std::string text; std::getline(stream, text);) {
    if (parse_line(text, line)) out.push_back(line);
  }
  return out;
}

MetricsLog::MetricsLog(const fs::path& file, int64_t first_step) : file_(file) {
  if (fs::exists(file)) {
    std::string kept;
    for (const MetricsLine& line : read_metrics(file)) {
      if (line.step < first_step) kept += line_text(line);
    }
    write_atomically(file, kept);
  }
  stream_.open(file, std::ios::app);
  if (!stream_) fail(Exit::resource, "{}: cannot be written", file.string());
}

void MetricsLog::append(const MetricsLine& line) {
  stream_ << line_text(line) << std::flush;
  if (!stream_) fail(Exit::resource, "{}: writing failed; is the disk full?", file_.string());
}

std::pair<std::vector<double>, std::vector<double>> column(const std::vector<MetricsLine>& lines,
                                                           const std::string& name) {
  std::pair<std::vector<double>, std::vector<double>> out;
  for (const MetricsLine& line : lines) {
    const auto found = line.values.find(name);
    if (found == line.values.end()) continue;
    out.first.push_back(static_cast<double>(line.step));
    out.second.push_back(found->second);
  }
  return out;
}

}  // namespace troodon::report
