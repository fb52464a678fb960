#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/progress.hpp"

namespace troodon::stages {

/// What one stage of a curation run left.
struct StageFiles {
  std::string stage;  ///< "sift", "dedup", "match", "retrieve", "cluster" or "sample"
  fs::path out;       ///< its manifest; of "cluster" the hierarchy
  fs::path removed;   ///< manifest of what it removed; "": none
};

struct ReportOptions {
  std::string pictures;                ///< the pool's source: thumbnails, labels, groups
  std::vector<StageFiles> stages;      ///< in the order they were run
  fs::path features;                   ///< of the pool: shows the clusters of "cluster"; "": none
  std::vector<std::string> test_sets;  ///< sources of the pictures that match names; or none
  std::vector<std::string> seed_sets;  ///< sources of the seeds that retrieve names; or none
  fs::path by_seed;                    ///< of retrieve; "": none
  std::vector<std::string> groups;     ///< columns of `table`
  fs::path table;  ///< manifest with path and the groups; "": the pictures' own manifest
  fs::path truth;  ///< table of planted copies: path, dup_of, transform; "": none
  fs::path out;    ///< .html
  std::string title = "Curation";
  int64_t examples = 24;  ///< pictures of each sample; half as many groups of pictures
  uint64_t seed = 0;      ///< of the random samples
  size_t threads = 0;     ///< that decode; 0: all cores
  ProgressStyle progress = ProgressStyle::automatic;
};

/// One bar of the funnel.
struct StageNumbers {
  std::string stage;
  int64_t before = 0, kept = 0, removed = 0;  ///< pictures, each once
  std::map<std::string, int64_t> reasons;     ///< removed pictures by reason
  std::vector<int64_t> clusters;              ///< of "cluster": how many, the lowest level first
  std::string remark;                         ///< what does not fit the stage before; "": all fits
};

enum class Represented { evenly, over, under };

/// One value of a label or group column, in the pool and in the set.
struct Share {
  std::string name;  ///< "": the value is not known
  int64_t pool = 0, set = 0;
  double ratio = 0;          ///< of the set's share to the pool's
  double low = 0, high = 0;  ///< of the set's share: Wilson's 95 % interval
  Represented represented = Represented::evenly;
};

/// How the values of a column are spread. Shares are of the pictures whose value is known.
struct Spread {
  std::string column;
  std::vector<Share> shares;  ///< the commonest of the pool first, the unknown last
  int64_t pool = 0, set = 0;  ///< pictures whose value is known
  double entropy_before = 0;  ///< over its maximum, 1 is even; NaN with fewer than two values
  double entropy_after = 0;
};

/// Planted copies of one transform.
struct Found {
  int64_t planted = 0, found = 0;
};

/// How well a run found copies that are known.
struct Truth {
  std::map<std::string, Found> rows;  ///< by transform
  int64_t removed = 0;                ///< pictures that went as copies
  int64_t rightly = 0;                ///< of them copies of what stays for them
};

/// What the page says, in numbers.
struct ReportNumbers {
  int64_t pool = 0, chosen = 0;
  std::vector<StageNumbers> stages;
  std::vector<Spread> spreads;  ///< "label", where there are labels, and each group column
  Truth truth;
  int64_t shown = 0, unreadable = 0;
  int64_t bytes = 0;  ///< of the page
};

/// Writes a page about a curation run: one self-contained HTML file that opens offline. Throws
/// Error (exit 2 for a stage it does not know, exit 4 for a file that lacks something).
ReportNumbers write_report(const ReportOptions& options);

}  // namespace troodon::stages
