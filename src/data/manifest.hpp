#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"

// Rows of a manifest, whatever file they are in. Private to src/data.
namespace troodon::data {

/// The places of the columns that mean something; `none`, the header's size: there is none.
struct ManifestColumns {
  size_t none, path, label, split, group, offset, bytes;
};

/// Finds the columns; a column of paths is only asked for where `needs_path`. Throws Error (exit 4)
/// naming `origin`, what is missing and what there is.
ManifestColumns manifest_columns(const std::vector<std::string>& header,
                                 const SourceOptions& options,
                                 const std::string& origin,
                                 bool needs_path);

/// Makes a source of rows, one at a time.
class ManifestRows {
 public:
  /// The text of a row in a column.
  using Cell = std::function<const std::string&(size_t column)>;

  explicit ManifestRows(const SourceOptions& options) : options_(options) {}

  /// Takes a row of the table `file`, to whose folder paths are relative; `embedded` is its picture
  /// where that is no file of its own. Rows of another split are counted and left out.
  void add(const ManifestColumns& at, const fs::path& file, const Cell& cell, Item* embedded);
  /// The source of all rows; `what` names it. Throws Error when no row was left.
  Source finish(const std::string& what);

 private:
  std::string split_counts() const;

  SourceOptions options_;
  Source source_;
  std::vector<std::string> labels_;
  std::map<std::string, size_t> splits_;
};

}  // namespace troodon::data
