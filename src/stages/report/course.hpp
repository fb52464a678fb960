#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "data/source.hpp"
#include "formats/table.hpp"
#include "stages/report.hpp"

namespace troodon::stages {

/// What one stage did, told in items of the pool's source.
struct StageRun {
  StageFiles files;
  formats::Table kept, removed;        ///< its manifests; of "cluster" empty
  std::vector<int64_t> kept_items;     ///< [rows of kept]
  std::vector<int64_t> removed_items;  ///< [rows of removed], or what it did not choose
  std::vector<std::string> reasons;    ///< [removed_items] in a word or two
  StageNumbers numbers;

  bool is(const std::string& stage) const { return files.stage == stage; }
};

/// A curation run from the pool to the set.
struct Course {
  data::Source pool;
  std::vector<StageRun> stages;
  std::vector<int64_t> set;        ///< items; as often as the last manifest names them
  std::vector<std::string> fates;  ///< of each item why it is not in the set; "": it is
};

/// Where each item of a source is.
using Places = std::unordered_map<std::string, int64_t>;

Places places_of(const data::Source& source);

/// Reads what the stages wrote. Throws Error (exit 2) for a stage that is none and (exit 4) for a
/// path that the source lacks, naming the manifest.
Course read_course(const ReportOptions& options);

}  // namespace troodon::stages
