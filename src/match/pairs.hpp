#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "match/likeness.hpp"
#include "match/verify.hpp"

namespace troodon::match {

struct PairOptions {
  int64_t limit = 200;  ///< pairs, the best; 0: all
  bool mutual = true;   ///< only places that are each other's best match
  /// Only pairs whose way back ends within so many pixels; 0: any.
  double cycle = 0;
  double least = -1;    ///< only pairs with at least this score
  double spacing = -1;  ///< pixels between kept pairs in the first picture; -1: as `limit` allows
  Verify verify = Verify::none;
  double tolerance = 0;  ///< of verify, pixels; 0: one and a half patches
  int64_t draws = 2000;  ///< of RANSAC
  uint64_t seed = 0;
  LikenessOptions likeness;
};

struct Pair {
  Point a, b;
  double score = 0;     ///< cosine, -1 to 1
  bool mutual = false;  ///< each is the other's best match
  double cycle = 0;     ///< pixels from where the way back ends
  bool inlier = true;   ///< fits the model; true without one
};

struct Matches {
  std::vector<Pair> pairs;         ///< best first
  std::optional<Transform> model;  ///< 3 x 3 row by row: a's pixels to b's
  int64_t inliers = 0;             ///< without a model: all pairs
};

/// Pairs of places that show the same thing, spread over the picture.
Matches find_pairs(const Likeness& likeness, const PairOptions& options = {});

/// The same for pictures: look, compare, find. Throws Error.
Matches match_pictures(frozen::DenseFeatures& features,
                       const image::Image& a,
                       const image::Image& b,
                       const PairOptions& options = {});

/// {"pairs": [{"a": [x, y], "b": [x, y], "score", "mutual", "cycle", "inlier"}], "model": [9] or
/// null, "inliers"}, as docs/http.md says.
std::string to_json(const Matches& matches);

}  // namespace troodon::match
