#pragma once

#include <vector>

#include <torch/types.h>

namespace troodon::refine {

/// A change to a picture [1,3,H,W] that gradients form: a sum of planes, each with half the rows
/// and columns of the one before. Large and small things are changed at once, and what belongs
/// together moves together, with no network that would have to draw. The finest planes hold
/// lightness alone: colours change from thing to thing, and noise of colours is what a picture made
/// by gradients suffers from. Zero at first.
class Pyramid {
 public:
  Pyramid(int64_t height, int64_t width, torch::Device device);

  /// The change as it is now, in red, green and blue; its gradient reaches the planes.
  torch::Tensor change() const;
  /// One step of Adam (Kingma and Ba 2015) down the gradients that backward() left, which are then
  /// forgotten. rate: how far a plane's values go at most, of a range of 1.
  void step(double rate);

 private:
  struct Plane {
    torch::Tensor values;             ///< [1,1 or 3,h,w]: lightness, or with two opponents
    torch::Tensor mean, mean_square;  ///< of its gradients
    double rate = 1;                  ///< of the whole's
  };

  int64_t height_, width_;
  std::vector<Plane> planes_;  ///< finest first
  torch::Tensor colours_;      ///< [3,3]: red, green and blue of lightness and opponents
  int64_t steps_ = 0;
};

}  // namespace troodon::refine
