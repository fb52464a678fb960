#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/progress.hpp"
#include "data/source.hpp"

namespace troodon::frozen {

/// What files hold (XXH64), remembered by path, size and times, so that a file that has not changed
/// is not read again. One table a folder, below CACHE/contents. Safe from any thread; save() keeps
/// what is new.
class Contents {
 public:
  explicit Contents(const fs::path& cache) : folder_(cache / "contents") {}

  /// Of a file, or of a place in it that `detail` tells apart; `make` reads it where it is not
  /// known. A Failure when the file is missing, or make's.
  Result<int64_t> of(const fs::path& file,
                     const std::string& detail,
                     const std::function<Result<int64_t>()>& make);
  /// Of a picture as it is stored, as infer::extract has it.
  Result<int64_t> of(const data::Item& item);
  void save();

 private:
  struct Known {
    std::string stamp;  ///< size and times
    int64_t hash = 0;
  };
  struct Table {
    fs::path file;
    std::unordered_map<std::string, Known> known;  ///< by name and detail
    bool changed = false;
  };
  Table& table_of(const fs::path& folder);

  fs::path folder_;
  std::mutex mutex_;
  std::unordered_map<std::string, Table> tables_;  ///< by the folder they are about
};

/// Of each item; those that cannot be read are failures. Stops early when interrupted: the rest are
/// failures then, too.
std::vector<Result<int64_t>> contents_of(std::span<const data::Item> items,
                                         Contents& contents,
                                         size_t threads,
                                         ProgressStyle progress);

}  // namespace troodon::frozen
