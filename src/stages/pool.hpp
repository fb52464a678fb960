#pragma once

#include <string>
#include <vector>

#include "curate/rows.hpp"
#include "data/source.hpp"
#include "stages/manifest.hpp"

namespace troodon::stages {

/// The pictures a stage works on: their names, and where there are features, these, which stay on
/// disk until a block of them is wanted.
struct Pool {
  std::vector<std::string> paths;    ///< of each row; its number where the file has no names
  std::vector<int64_t> labels;       ///< of each row, -1: none; or empty
  std::vector<std::string> classes;  ///< names of labels 0, 1, ...; or empty
  curate::Rows rows;                 ///< dim 0: no features

  int64_t size() const { return static_cast<int64_t>(paths.size()); }
  bool has_features() const { return rows.dim > 0; }
  const std::string& path(int64_t row) const { return paths[static_cast<size_t>(row)]; }
  /// The name of a row's class; "": none.
  std::string label(int64_t row) const;
};

/// Features of `troodon features`: a file or a folder of shards. With `only`, a manifest or list,
/// the rows whose paths it names, in the file's order; a path that the file lacks is a fault.
/// Throws Error (exit 4) that says what is wrong and where.
Pool open_pool(const fs::path& features, const fs::path& only = {});

/// Items of a source by number, without features.
Pool pool_of(const data::Source& source);

/// The items that `only` names (empty: all), in the source's order. Throws Error (exit 4) for a
/// path that the source lacks.
data::Source narrowed(data::Source source, const fs::path& only);

/// The items of a source that a pool's rows are, row by row. Throws Error (exit 4) for a row whose
/// picture the source lacks.
data::Source in_order_of(data::Source source, const Pool& pool);

/// The columns path and, where there are labels, label, of some rows.
std::vector<Column> columns_of(const Pool& pool, const std::vector<int64_t>& rows);

}  // namespace troodon::stages
