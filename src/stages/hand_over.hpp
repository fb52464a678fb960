#pragma once

#include "stages/pool.hpp"
#include "stages/running.hpp"

namespace troodon::stages {

struct HandOverOptions {
  std::string pictures;  ///< the pool's source (docs/data.md)
  fs::path only;         ///< manifest of the set; "": all
  // In which form; several may be given.
  fs::path shards;    ///< folder of WebDataset shards
  fs::path links;     ///< folder of symbolic links, named as in the pool
  fs::path manifest;  ///< with absolute paths, so that it can lie anywhere
  uint64_t shard_bytes = 256ULL << 20;
  Running running;
};

struct HandedOver {
  int64_t pictures = 0;
  int64_t shards = 0;
  int64_t links = 0;
  int64_t copies = 0;  ///< among the links: of pictures that are no files of their own
  int64_t bad = 0;     ///< missing, empty or no picture: left out of shards
};

/// Makes a set ready for `troodon train`. A repeated call goes on where another was stopped, and a
/// link that is no longer in the set goes. Throws Error (exit 2) when no form is given or the
/// folder of links holds something else.
HandedOver hand_over(const HandOverOptions& options);

}  // namespace troodon::stages
