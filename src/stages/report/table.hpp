#pragma once

#include <string>

#include "base/file.hpp"
#include "formats/table.hpp"

namespace troodon::stages {

/// All columns of a manifest (.csv, .tsv, .jsonl, .parquet; of these not lists and bytes) or the
/// one of a list of paths (.txt), as texts. Throws Error (exit 4).
formats::Table read_table(const fs::path& file);

}  // namespace troodon::stages
