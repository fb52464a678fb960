#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/progress.hpp"
#include "data/source.hpp"

namespace troodon::prepare {

struct SplitOptions {
  double val = 0.1;   ///< share of the pictures, of each class as nearly as the groups allow
  double test = 0.0;  ///< likewise
  uint64_t seed = 0;
  bool by_folder = false;  ///< pictures of one folder stay together, beside data::Source::groups
  size_t threads = 0;
  ProgressStyle progress = ProgressStyle::automatic;
};

enum class Part { train, val, test };

struct SplitResult {
  std::vector<Part> parts;                       ///< of each item
  size_t copies = 0;                             ///< pictures whose content was there before
  std::map<std::string, std::string> bad_files;  ///< their content cannot be compared
};

/// Divides a source. Pictures of equal content, of one of data::Source::groups, and with by_folder
/// of one folder, are never divided; such links chain. Depends on the contents, ids and seed alone.
/// Throws Error (exit 2) for shares that leave nothing to train on.
SplitResult split(const data::Source& source, const SplitOptions& options);

/// Writes out/train.csv, val.csv and test.csv (those that have pictures): path, label and, from
/// shards, offset and bytes. Paths are absolute. Throws Error for frames of a video.
void write_split(const fs::path& out, const data::Source& source, const SplitResult& result);

}  // namespace troodon::prepare
