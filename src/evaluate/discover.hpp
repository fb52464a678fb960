#pragma once

#include "evaluate/segment.hpp"

namespace troodon::evaluate {

struct DiscoverOptions {
  Looking looking;
  int64_t clusters = 0;     ///< 0: as many as there are classes
  int64_t iterations = 20;  ///< of k-means
  int64_t shown = 6;
};

/// Masks that nobody taught.
struct Discovered {
  metrics::SegmentationScores scores;  ///< clusters given to classes so that most pixels agree
  /// Foreground by the first principal component against all classes but the first; NaN where no
  /// picture has both.
  double foreground_iou = 0;
  std::vector<std::string> classes;
  std::vector<std::string> ids;
  std::vector<double> miou;  ///< [pictures]
  std::vector<SegmentedPicture> shown;
  bool interrupted = false;
};

/// k-means over the patch tokens of all pictures, and the foreground by PCA (paper section 7.6): no
/// label is used but to name what was found and to judge it.
Discovered discover(const DiscoverOptions& options, const datasets::MaskSet& set);

/// The pairing of rows with different columns that has the largest sum (Kuhn 1955, Munkres 1957):
/// gain [rows, columns] -> column of each row, -1 where columns run out.
std::vector<int64_t> best_pairing(const std::vector<double>& gain, int64_t rows, int64_t columns);

}  // namespace troodon::evaluate
