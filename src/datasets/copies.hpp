#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"

namespace troodon::datasets {

/// Changed copies of known pictures.
struct CopySet {
  data::Source queries;             ///< the copies
  data::Source references;          ///< the originals, each once
  std::vector<int64_t> original;    ///< [queries] index into references
  std::vector<std::string> change;  ///< [queries] what was done
};

/// Opens gnd.csv (query, original[, transform]) or the small world's pairs.csv (original, copy,
/// change). Throws Error (exit 4).
CopySet open_copies(const fs::path& folder);

}  // namespace troodon::datasets
