#pragma once

#include "depth/estimator.hpp"

namespace troodon::depth {

struct SmoothOptions {
  double keep = 0.6;   ///< share of the past in each frame; 0: none
  double jump = 0.25;  ///< a pixel whose depth changes by more than this share begins anew
};

/// Takes flicker out of a film: an average of logarithms over time, pixel by pixel.
class Smoother {
 public:
  explicit Smoother(const SmoothOptions& options = {}) : options_(options) {}
  /// The frame after those before it; a frame of another size begins anew.
  Map next(Map map);

 private:
  SmoothOptions options_;
  Map past_;
};

}  // namespace troodon::depth
