#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/progress.hpp"
#include "data/source.hpp"

namespace troodon::prepare {

struct PackOptions {
  std::string input;                    ///< any source
  fs::path out;                         ///< folder of the shards
  uint64_t shard_bytes = 256ULL << 20;  ///< a shard ends before it grows beyond this
  bool dry_run = false;                 ///< only plan
  bool overwrite = false;               ///< replace shards of another plan
  ProgressStyle progress = ProgressStyle::automatic;
};

struct PackResult {
  size_t pictures = 0;
  size_t shards = 0;
  size_t resumed = 0;                            ///< shards that were there already
  uint64_t bytes = 0;                            ///< of all shards
  std::map<std::string, std::string> bad_files;  ///< left out: missing, empty, no picture
};

/// Writes a source into WebDataset shards: out/shard-000000.tar and so on, and out/index.json last
/// (docs/formats.md). Pictures keep their exact bytes and the source's order. What the shards hold
/// depends on the source alone, each appears whole or not at all, and a repeated call keeps those
/// that are there: after a kill at any moment the result is the same, byte for byte.
/// Throws Error (exit 2) when `out` holds shards of another source or size.
PackResult pack(const PackOptions& options);

/// The same for a source that is open already; options.input is not looked at.
PackResult pack(const data::Source& source, const PackOptions& options);

}  // namespace troodon::prepare
