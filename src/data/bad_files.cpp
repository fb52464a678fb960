#include "data/bad_files.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace troodon::data {
namespace {

/// Tabs and line ends would break the list's lines.
std::string one_field(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

void BadFiles::add(const std::string& path, const std::string& reason) {
  if (policy_ == BadFilePolicy::strict) fail(Exit::input, "{}: {}", path, reason);
  const std::lock_guard lock(mutex_);
  reasons_.try_emplace(path, reason);
}

size_t BadFiles::count() const {
  const std::lock_guard lock(mutex_);
  return reasons_.size();
}

std::map<std::string, std::string> BadFiles::list() const {
  const std::lock_guard lock(mutex_);
  return reasons_;
}

void BadFiles::write(const fs::path& file) const {
  const auto reasons = list();
  if (reasons.empty()) return;
  std::string text;
  for (const auto& [path, reason] : reasons)
    text += one_field(path) + '\t' + one_field(reason) + '\n';
  write_atomically(file, text);
}

void BadFiles::check(size_t total, double share) const {
  const std::lock_guard lock(mutex_);
  if (reasons_.empty() ||
      static_cast<double>(reasons_.size()) <= share * static_cast<double>(total))
    return;
  const auto& [path, reason] = *reasons_.begin();
  fail(Exit::input,
       "{} of {} files cannot be read (more than {:.3g} %), e.g. {}: {}",
       reasons_.size(),
       total,
       100 * share,
       path,
       reason);
}

}  // namespace troodon::data
