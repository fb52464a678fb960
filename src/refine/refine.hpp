#pragma once

#include <string>

#include "base/file.hpp"
#include "base/progress.hpp"
#include "image/pixels.hpp"

namespace troodon::refine {

struct RefineOptions {
  fs::path model;         ///< as infer::model_file takes it; no classical baseline
  int64_t steps = 100;    ///< 0: the picture stays as it is
  double structure = 4;   ///< weight: what lies where stays the content's
  double appearance = 1;  ///< weight: the whole looks like the style
  double smooth = 1;      ///< weight: changes follow the things in the content
  double rate = 0.004;    ///< how far a step goes at first, of a range of 1
  int64_t block = -1;     ///< whose tokens tell the structure, from 0; -1: the last
  int64_t grid = 32;      ///< patches along the short side, at which the network looks
  uint64_t seed = 0;      ///< of the views
  std::string device = "auto";
  ProgressStyle progress = ProgressStyle::automatic;
};

/// How a picture is judged, as a whole.
struct Losses {
  double structure = 0;   ///< mean squared difference of self-similarities to the content's
  double appearance = 0;  ///< squared distance of class tokens to the style's, as a share of it
  double total = 0;       ///< weighted, with roughness
};

struct Refined {
  image::Image picture;  ///< of start's size
  Losses first;          ///< of start
  Losses last;           ///< of what was kept
  int64_t steps = 0;     ///< that were made
  bool interrupted = false;
};

/// Changes `start`, a picture of the content in some colours, by gradients through a ViT: its
/// self-similarity shall be the content's, its class token the style's (the losses of Tumanyan et
/// al., CVPR 2022, without their generator). Each step looks at a window of the picture and
/// of the content, of any size, perhaps mirrored. The network sees `grid` patches along the short
/// side; of larger pictures the change is enlarged. Of every few steps the best is kept, also when
/// interrupted. The same seed gives the same bytes on a CPU with the same number of LibTorch's
/// threads (kernels::use_threads). Throws Error for empty pictures, sizes that differ, models
/// without gradients.
Refined refine(const image::Image& content,
               const image::Image& style,
               const image::Image& start,
               const RefineOptions& options);

}  // namespace troodon::refine
