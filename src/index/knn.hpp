#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/features.hpp"

namespace troodon::index {

struct KnnOptions {
  std::vector<int64_t> neighbours = {10, 20, 100, 200};  ///< k values
  double temperature = 0.07;
  std::vector<int64_t> per_class = {};  ///< few-shot: also with only this many examples a class
  int64_t tries = 1;                    ///< random few-shot subsets that are averaged
};

/// What the nearest neighbours vote for.
struct KnnVotes {
  int64_t classes = 0;
  std::vector<int64_t> neighbours;  ///< k values, ascending, cut to the examples there are
  std::vector<std::vector<float>> probabilities;  ///< for each k: [queries, classes]
};

/// DINOv2's weighted kNN (spec section 4.1): softmax of cosine / temperature over the largest k;
/// for each k the first k weights are added up by label (so they sum to 1 only for the largest).
/// Both matrices must be normalised; labels [train.rows] >= 0; classes = largest label + 1.
KnnVotes knn_votes(const Matrix& train,
                   std::span<const int64_t> labels,
                   const Matrix& queries,
                   const KnnOptions& options = {});

/// Rows of `per_class` examples of each class, classes ascending: the official subset number `seed`
/// (torch.manual_seed(seed), then randperm per class).
std::vector<int64_t> few_shot_rows(std::span<const int64_t> labels,
                                   int64_t per_class,
                                   uint64_t seed);

/// One line of the kNN table; few-shot lines are means over the tries.
struct KnnResult {
  int64_t per_class = -1;  ///< -1: all examples
  int64_t neighbours = 0;
  double top1 = 0, top5 = 0, macro_top1 = 0;
};

/// The whole evaluation. Normalises copies; rows without a label are left out; labels are matched
/// by class name where both sides have names. Throws Error (exit 4) if a side has no labels.
std::vector<KnnResult> knn_evaluate(const Features& train,
                                    const Features& val,
                                    const KnnOptions& options = {});

}  // namespace troodon::index
