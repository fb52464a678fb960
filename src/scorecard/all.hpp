#pragma once

#include "scorecard/trials.hpp"

namespace troodon::scorecard {

/// Folders of the layouts that docs/evaluation.md lists, and how long heads learn.
struct AllOptions {
  fs::path data;   ///< with any of imagenette96, pacs, segmentation, depth, video, retrieval,
                   ///< copydetect
  fs::path world;  ///< with images, scenes (images with masks and depth), clips, pairs,
                   ///< duplicates of troodon-world
  std::vector<std::string> only;  ///< protocols whose name begins so; empty: all
  int64_t iterations = 1000;      ///< of dense heads
  int64_t damaged = 200;          ///< pictures under every damage
};

/// Every protocol on every data set that is there. Throws Error (exit 4) if there is none.
std::vector<Trial> all_trials(const AllOptions& options);

}  // namespace troodon::scorecard
