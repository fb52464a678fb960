#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/file.hpp"

namespace troodon::stages {

/// One thing that is known of each row.
struct Column {
  std::string name;
  std::variant<std::vector<std::string>, std::vector<int64_t>, std::vector<double>> values;
};

/// What a stage hands on: a table with the column "path", which train, features and further stages
/// read.
struct Manifest {
  std::vector<Column> columns;

  int64_t rows() const;
};

/// Writes .csv, .jsonl or .parquet by extension, atomically; a number that is not finite becomes an
/// empty cell, in Parquet NaN. Throws Error (exit 2) for another extension or columns of unequal
/// length.
void write_manifest(const fs::path& file, const Manifest& manifest);

/// The paths that a manifest (.csv, .tsv, .jsonl, .parquet) or a list of paths names, in its order.
/// Throws Error (exit 4) naming the file and what is missing.
std::vector<std::string> read_paths(const fs::path& file);

/// Where a stage lists what it left out, unless it was told: kept.csv -> kept.removed.csv.
fs::path removed_beside(const fs::path& out);

/// Throws Error (exit 2) unless the extension is one that write_manifest takes, so that hours of
/// work do not end with a refusal.
void check_manifest_name(const fs::path& file);

}  // namespace troodon::stages
