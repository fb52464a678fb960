#include "stages/running.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"

namespace troodon::stages {
namespace {

constexpr int kVersion = 1;  // of what pieces mean

/// Changes when a file does, or one in a folder.
std::string mark_of(const fs::path& input) {
  std::error_code ignored;
  const auto mark = [&](const fs::path& file) {
    return fmt::format("{} {} {}\n",
                       file.string(),
                       fs::file_size(file, ignored),
                       fs::last_write_time(file, ignored).time_since_epoch().count());
  };
  if (!fs::is_directory(input, ignored)) return mark(input);
  std::vector<std::string> marks;
  for (const auto& entry : fs::directory_iterator(input, ignored)) marks.push_back(mark(entry));
  std::ranges::sort(marks);
  std::string out;
  for (const std::string& one : marks) out += one;
  return out;
}

}  // namespace

Work begin_work(const fs::path& out,
                const std::string& settings,
                const std::vector<fs::path>& inputs,
                const Running& running) {
  std::string key = fmt::format("version {}\n{}\n", kVersion, settings);
  for (const fs::path& input : inputs) {
    if (!input.empty()) key += mark_of(input);
  }
  return Work(out.string() + ".work", key, running.ranks, running.progress);
}

}  // namespace troodon::stages
