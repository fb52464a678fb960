#pragma once

#include <string>

#include "base/file.hpp"
#include "formats/table.hpp"

namespace troodon::stages {

/// All columns of a manifest (.csv, .tsv, .jsonl, .parquet; of these not lists and bytes) or the
/// one of a list of paths (.txt), as texts. Throws Error (exit 4).
formats::Table read_table(const fs::path& file);

/// The column's place. Throws Error (exit 4) naming the file and the columns it has.
size_t needed_column(const formats::Table& table, const std::string& name, const fs::path& file);

/// A cell as a number; NaN where it is none.
double number_of(const std::string& cell);

}  // namespace troodon::stages
