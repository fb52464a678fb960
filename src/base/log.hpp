#pragma once

#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace troodon {

enum class LogLevel { debug, info, warning, error };

/// Lines below this level are dropped. Set once by main from -q / -v.
void set_log_level(LogLevel level);

/// One line on stderr; stdout is for data. Safe from any thread.
void log_line(LogLevel level, std::string_view text);

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace troodon
