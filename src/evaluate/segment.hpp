#pragma once

#include "datasets/masks.hpp"
#include "evaluate/looking.hpp"
#include "metrics/segmentation.hpp"

namespace troodon::evaluate {

struct SegmentOptions {
  Looking looking;
  int64_t layers = 1;         ///< 1: linear; 4: multi-scale, the last four blocks side by side
  int64_t iterations = 1000;  ///< steps of a picture each
  double lr = 1e-3;
  fs::path head_file;  ///< keeps the head; "": it is thrown away
  int64_t shown = 6;   ///< pictures kept for the page
};

/// A picture, its mask and what was made of it.
struct SegmentedPicture {
  std::string id;
  double miou = 0;  ///< over the classes that it shows
  image::Image picture;
  std::vector<int32_t> truth, said;  ///< [height, width]
};

struct Segmented {
  metrics::SegmentationScores scores;
  std::vector<std::string> classes;
  std::vector<std::string> ids;
  std::vector<double> miou;             ///< [pictures]
  std::vector<SegmentedPicture> shown;  ///< evenly spread
  bool interrupted = false;
};

/// Trains the official head on frozen patch tokens of `train`, judges on `val` at full size.
Segmented segment(const SegmentOptions& options,
                  const datasets::MaskSet& train,
                  const datasets::MaskSet& val);

/// What is learnt from and what is judged: the splits train and val of a folder, or, without lists
/// of them, every fifth picture judged and the others learnt from. Throws Error (exit 4).
std::pair<datasets::MaskSet, datasets::MaskSet> open_split_masks(const fs::path& folder);

}  // namespace troodon::evaluate
