#pragma once

#include "datasets/depth.hpp"
#include "evaluate/looking.hpp"
#include "image/pixels.hpp"
#include "metrics/depth.hpp"

namespace troodon::evaluate {

/// Which decoder turns tokens into metres (spec section 4.4).
enum class DepthDecoder {
  linear1,  ///< a 1x1 convolution on the last block
  linear4,  ///< on four blocks
  dpt,      ///< Dense Prediction Transformer on four blocks
};

struct DepthOptions {
  Looking looking;
  DepthDecoder decoder = DepthDecoder::linear4;
  metrics::DepthOptions judged;  ///< range of depths and crop that count
  int64_t iterations = 1000;
  double lr = 1e-3;                ///< official: 1e-4 for 38,400 steps of 16 pictures
  bool official_gradient = false;  ///< the official gradient loss, which sees batches, not pictures
  fs::path head_file;              ///< keeps the head; "": it is thrown away
  int64_t bins = 256;              ///< distances that a linear decoder weighs; official: 256
  bool relative = false;           ///< its card says that elsewhere its metres are none
  int64_t shown = 6;
};

struct DepthPicture {
  std::string id;
  double rmse = 0;
  image::Image picture;
  std::vector<double> truth, said;  ///< [height, width] metres, 0: not measured
};

struct Depths {
  metrics::DepthScores scores;
  std::vector<std::string> ids;
  std::vector<double> rmse;         ///< [pictures] metres
  std::vector<DepthPicture> shown;  ///< evenly spread
  bool interrupted = false;
};

/// Trains a depth head on frozen tokens of `train`, judges on `val` at full size.
Depths depth(const DepthOptions& options,
             const datasets::DepthSet& train,
             const datasets::DepthSet& val);

}  // namespace troodon::evaluate
