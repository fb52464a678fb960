#pragma once

#include <memory>
#include <string>
#include <vector>

#include "curate/rows.hpp"
#include "stages/manifest.hpp"
#include "store/feature_file.hpp"

namespace troodon::stages {

/// Pictures and their features, which stay on disk until a block of them is wanted.
struct Pool {
  std::shared_ptr<const store::FeatureFile> file;
  std::vector<int64_t> chosen;  ///< rows of the file, ascending; empty: all
  curate::Rows rows;

  int64_t size() const { return rows.rows; }
  /// The picture's path, or its row's number where the file has no names.
  std::string path(int64_t row) const;
  /// The name of its class; "": none.
  std::string label(int64_t row) const;
  bool has_labels() const { return !file->labels.empty(); }
  int64_t place(int64_t row) const {
    return chosen.empty() ? row : chosen[static_cast<size_t>(row)];
  }
};

/// Features of `troodon features`: a file or a folder of shards. With `only`, a manifest or list,
/// the rows whose paths it names; those that it names and the file lacks are a fault. Throws Error
/// (exit 4) that says what is wrong and where.
Pool open_pool(const fs::path& features, const fs::path& only = {});

/// The columns path and, where there are labels, label, of some rows.
std::vector<Column> columns_of(const Pool& pool, const std::vector<int64_t>& rows);

}  // namespace troodon::stages
