#include "base/log.hpp"

#include <atomic>
#include <cstdio>
#include <string>
#include <unistd.h>

namespace troodon {
namespace {

std::atomic<LogLevel> threshold = LogLevel::info;

constexpr std::string_view prefix(LogLevel level) {
  switch (level) {
    case LogLevel::warning:
      return "warning: ";
    case LogLevel::error:
      return "error: ";
    default:
      return "";
  }
}

}  // namespace

void set_log_level(LogLevel level) {
  threshold = level;
}

void log_line(LogLevel level, std::string_view text) {
  if (level < threshold.load()) return;
  // A progress bar may stand on the line: return to its start and clear it first.
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const std::string line = fmt::format("{}{}{}\n", terminal ? "\r\033[K" : "", prefix(level), text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace troodon
