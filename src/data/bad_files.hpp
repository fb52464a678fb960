#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/file.hpp"

namespace troodon::data {

enum class BadFilePolicy {
  skip,    ///< leave the file out and go on
  strict,  ///< the first bad file ends the job
};

/// The files that could not be read, each once, with the reason. Safe from any thread.
class BadFiles {
 public:
  explicit BadFiles(BadFilePolicy policy = BadFilePolicy::skip) : policy_(policy) {}

  /// Notes a file. Throws Error (exit 4) under strict.
  void add(const std::string& path, const std::string& reason);
  /// Distinct files so far.
  size_t count() const;
  /// Path -> reason.
  std::map<std::string, std::string> list() const;
  /// Writes "path <tab> reason" lines, sorted by path; nothing if there are none.
  void write(const fs::path& file) const;
  /// Throws Error (exit 4) if more than `share` of `total` files are bad, naming one of them.
  void check(size_t total, double share) const;

 private:
  BadFilePolicy policy_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> reasons_;
};

}  // namespace troodon::data
