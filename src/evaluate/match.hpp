#pragma once

#include "datasets/keypoints.hpp"
#include "evaluate/looking.hpp"
#include "metrics/matching.hpp"

namespace troodon::evaluate {

struct MatchOptions {
  Looking looking;
  double alpha = 0.1;  ///< a point is right within this share of the object's longer side
};

/// Where points of one picture are found in another.
struct Matched {
  metrics::PckScores pck;
  double mutual = 0;        ///< share of points whose match leads back to them
  double mutual_right = 0;  ///< PCK of those alone
  std::vector<metrics::PointPair> pairs;
  int64_t count = 0;  ///< pairs
  bool interrupted = false;
};

/// Each point goes to the place of the second picture whose feature has the largest cosine to the
/// feature at the point (both read between patch centres, bilinearly); then back.
Matched match_keypoints(const MatchOptions& options,
                        const std::vector<datasets::KeypointPair>& pairs);

}  // namespace troodon::evaluate
