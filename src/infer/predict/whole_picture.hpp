#pragma once

#include <vector>

#include "heads/windows.hpp"
#include "infer/predict/planned_head.hpp"
#include "infer/predictor.hpp"

namespace troodon::infer {

/// Tokens of one picture, or of a window of it.
struct Looked {
  torch::Tensor
      tokens;  ///< [L,1+N,D], the blocks that the network gives, not normed unless all are
  int64_t rows = 0, columns = 0;
};

/// What a head for masks or depth says of a whole picture, gathered from one window or several.
class WholePicture {
 public:
  /// `seen`: the picture as the network sees it; `picture`: as it came.
  WholePicture(const PlannedHead& head, heads::Extent seen, heads::Extent picture, int64_t patch);

  /// What the head says of a window, from layers as planned, patches reshaped [1,D,h,w].
  /// `mirrored`: of the window's mirror image, or none.
  void add(const heads::Window& window,
           const std::vector<model::IntermediateLayer>& layers,
           const std::vector<model::IntermediateLayer>& mirrored);
  Prediction finish(const PredictorOptions& options) const;

 private:
  Prediction finish_masks(const PredictorOptions& options) const;
  Prediction finish_depth() const;

  const PlannedHead& head_;
  heads::Extent seen_, picture_;
  int64_t patch_;
  torch::Tensor sum_;    ///< masks: [1,K,rows,columns] of the grid; depth: [1,1,H,W] as seen
  torch::Tensor count_;  ///< windows that saw each place
};

}  // namespace troodon::infer
