#pragma once

#include <cstdint>
#include <vector>

#include "troodon/features.hpp"

namespace troodon {

struct KnnOptions {
  std::vector<std::int64_t> neighbours = {10, 20, 100, 200};  ///< k values
  double temperature = 0.07;                                  ///< of the vote's softmax
  std::vector<std::int64_t> per_class;  ///< few-shot: also with only this many examples a class
  std::int64_t tries = 1;               ///< random few-shot subsets that are averaged
};

/// One line of the kNN table. Shares in [0, 1].
struct KnnResult {
  std::int64_t per_class = -1;  ///< examples of each class; -1: all
  std::int64_t neighbours = 0;  ///< k, cut to the examples there are
  double top1 = 0, top5 = 0;
  double macro_top1 = 0;  ///< mean over the classes
};

/// Accuracy of frozen features by a weighted vote of nearest neighbours: the verb `troodon knn`.
/// Rows without a label are left out. Throws Error (exit 4) if a side has no labels.
TROODON_API std::vector<KnnResult> knn(const Features& train,
                                       const Features& val,
                                       const KnnOptions& options = {});

struct NearestOptions {
  std::int64_t k = 10;     ///< cut to the rows there are
  bool skip_self = false;  ///< queries are the base itself: row i is no neighbour of query i
  int threads = 0;         ///< 0: all cores
};

/// The k best rows for each query, best first.
struct Neighbours {
  std::int64_t k = 0;
  std::vector<std::int64_t> index;  ///< [queries, k] rows of the base
  std::vector<float> score;         ///< [queries, k] cosines
};

/// Exact search by cosine; equal scores go by the lower row. The same answer for any number of
/// threads. Throws Error if the widths differ.
TROODON_API Neighbours nearest(const Features& queries,
                               const Features& base,
                               const NearestOptions& options = {});

}  // namespace troodon
