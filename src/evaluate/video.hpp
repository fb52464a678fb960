#pragma once

#include "datasets/clips.hpp"
#include "evaluate/looking.hpp"
#include "metrics/video.hpp"

namespace troodon::evaluate {

/// Label propagation as DINO does it (Caron et al. 2021, appendix; Jabri et al. 2020).
struct VideoOptions {
  Looking looking;
  int64_t frames = 7;         ///< last frames that are asked, besides the first
  int64_t neighbours = 5;     ///< patches that vote
  int64_t radius = 0;         ///< patches around the place that are asked; 0: a fifth of the rows,
                              ///< which is DINO's 12 at 480 pixels
  double temperature = 0.03;  ///< of the vote's softmax; DINO: 0.1, which blurs small networks'
                              ///< votes
  fs::path pictures;          ///< folder for the masks that come out; "": none
};

struct ClipScores {
  std::string name;
  int64_t objects = 0, frames = 0;
  double j = 0, f = 0;  ///< means over objects and judged frames
  double jf() const { return (j + f) / 2; }
};

struct VideoScores {
  std::vector<ClipScores> clips;
  double j = 0, f = 0;  ///< means over objects, as DAVIS counts
  double jf() const { return (j + f) / 2; }
  bool interrupted = false;
};

/// Carries the first mask of each clip through its frames and compares with the masks there are.
/// Objects that a later mask introduces are followed from there on. Where not every frame has a
/// mask, an object is judged only on masks that show it. NaN where nothing can be judged.
VideoScores propagate_masks(const VideoOptions& options, const std::vector<datasets::Clip>& clips);

}  // namespace troodon::evaluate
