#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "store/rows.hpp"

namespace troodon::store {

/// Some rows on disk, mapped: what a kill does not lose. Written by write_part.
class Part {
 public:
  Part(const fs::path& file, Layout layout);

  int64_t rows() const { return static_cast<int64_t>(labels().size()); }
  std::span<const int64_t> labels() const;        ///< [rows]
  std::span<const int64_t> content_hash() const;  ///< [rows]
  std::span<const int64_t> grids() const;         ///< [rows, 2]; empty unless ragged
  std::string_view id(int64_t row) const;
  /// Features of `count` rows.
  std::span<const std::byte> features(int64_t first, int64_t count) const;
  /// Tokens of `count` rows; rows unless ragged.
  int64_t tokens(int64_t first, int64_t count) const;
  std::map<std::string, std::string> bad() const;

 private:
  Layout layout_;
  TensorFile file_;
};

void write_part(const fs::path& file, const Rows& rows);

/// Consecutive rows of one part.
struct Slice {
  std::shared_ptr<const Part> part;
  int64_t first = 0;
  int64_t count = 0;

  std::span<const std::byte> features() const { return part->features(first, count); }
  std::span<const int64_t> labels() const { return of(part->labels(), 1); }
  std::span<const int64_t> content_hash() const { return of(part->content_hash(), 1); }
  std::span<const int64_t> grids() const { return of(part->grids(), 2); }

 private:
  std::span<const int64_t> of(std::span<const int64_t> all, size_t each) const {
    if (all.empty()) return {};
    return all.subspan(static_cast<size_t>(first) * each, static_cast<size_t>(count) * each);
  }
};

/// Part files one after another: all rows of a job. Few of them are mapped at any time.
class Parts {
 public:
  Parts(std::vector<fs::path> files, Layout layout);

  const Layout& layout() const { return layout_; }
  int64_t rows() const { return rows_before_.back(); }
  bool labelled() const { return labelled_; }  ///< whether any row has a label
  /// Calls take(slice) for rows from .. to - 1, part by part.
  void each_slice(int64_t from, int64_t to, const std::function<void(const Slice&)>& take) const;
  /// Calls take(path, reason) for the pictures that have no row.
  void each_bad(const std::function<void(const std::string&, const std::string&)>& take) const;
  int64_t tokens(int64_t from, int64_t to) const;  ///< rows unless ragged
  const std::vector<fs::path>& files() const { return files_; }

 private:
  std::vector<fs::path> files_;
  Layout layout_;
  std::vector<int64_t> rows_before_;  ///< [parts + 1]
  bool labelled_ = false;
};

}  // namespace troodon::store
