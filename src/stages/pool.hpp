#pragma once

#include <string>
#include <vector>

#include "data/source.hpp"
#include "index/rows.hpp"
#include "stages/manifest.hpp"

namespace troodon::stages {

/// The pictures a stage works on: their names, and where there are features, these, which stay on
/// disk until a block of them is wanted.
struct Pool {
  std::vector<std::string> paths;    ///< of each row; its number where the file has no names
  std::vector<int64_t> labels;       ///< of each row, -1: none; or empty
  std::vector<std::string> classes;  ///< names of labels 0, 1, ...; or empty
  index::Rows rows;                  ///< dim 0: no features

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

/// The features of another set, of vectors as wide as the pool's. Throws Error (exit 4) otherwise.
Pool open_set(const fs::path& features, const Pool& pool);

/// The numbers of the `paths` that `only` names, ascending; `where` has them. Throws Error (exit 4)
/// for a path that is not among them, and when there is none.
std::vector<int64_t> rows_named(const std::vector<std::string>& paths,
                                const std::string& where,
                                const fs::path& only);

/// Some of all, in the order of `rows`.
template <class T>
std::vector<T> part_of(const std::vector<T>& all, const std::vector<int64_t>& rows) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (const int64_t row : rows) out.push_back(all[static_cast<size_t>(row)]);
  return out;
}
Pool part_of(Pool pool, const std::vector<int64_t>& rows);

/// Changes with every path and with their order.
std::string signature(const Pool& pool);

/// Items of a source by number, without features.
Pool pool_of(const data::Source& source);

/// The items that `only` names (empty: all), in the source's order. Throws Error (exit 4) for a
/// path that the source lacks.
data::Source narrowed(data::Source source, const fs::path& only);

/// The columns path and, where there are labels, label, of some rows.
std::vector<Column> columns_of(const Pool& pool, const std::vector<int64_t>& rows);

}  // namespace troodon::stages
