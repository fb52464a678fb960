#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "report/report.hpp"

namespace troodon::scorecard {

/// Which way a figure is good.
enum class Better { higher, lower };

struct Figure {
  std::string name;  ///< "top-1", "mIoU", "RMSE"
  double value = 0;
  Better better = Better::higher;
};

/// One protocol on one data set by one kind of features.
struct Entry {
  std::string protocol;         ///< "kNN", "linear head", ...
  std::string data;             ///< "imagenette96"
  std::string features;         ///< "trained", "untrained", "colour", "HOG", "colour + HOG"
  std::string chosen;           ///< what was chosen on the way; may be empty
  std::vector<Figure> figures;  ///< the first one decides
  double seconds = 0;
  std::string key;  ///< everything that the figures depend on; equal keys, equal figures

  const Figure& decisive() const { return figures.front(); }
};

/// Whether a is ahead of b by their first figures. NaN is never ahead.
bool ahead(const Entry& a, const Entry& b);

/// One line of JSON without line ends, and back; nothing of a damaged line.
std::string json_of(const Entry& entry);
std::optional<Entry> entry_of(const std::string& line);

/// The entries of one protocol on one data set, as they were made.
struct Contest {
  std::string protocol, data;
  std::vector<Entry> entries;

  /// That of the features of this name; nullptr: none.
  const Entry* of(const std::string& features) const;
  /// The best of all but `features`; nullptr: none.
  const Entry* best_other(const std::string& features) const;
};

std::vector<Contest> contests_of(const std::vector<Entry>& entries);

}  // namespace troodon::scorecard
