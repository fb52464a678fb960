#pragma once

#include <cstdint>
#include <span>

namespace troodon::metrics {

/// Metres; only truth strictly between the two counts.
struct DepthRange {
  double min = 1e-3;
  double max = 10;  ///< 10 for NYU, 80 for KITTI
};

/// Where errors count: everywhere; NYU's rows 45:471, columns 41:601 of 480 x 640 (other sizes: the
/// same shares); Garg's window for KITTI.
enum class DepthCrop { none, nyu, garg };

struct DepthOptions {
  DepthRange range;
  DepthCrop crop = DepthCrop::none;
};

/// Errors of one picture's depth, or means over pictures; NaN where no pixel counts.
struct DepthScores {
  double a1 = 0, a2 = 0, a3 = 0;   ///< share with max(p/t, t/p) < 1.25, 1.25^2, 1.25^3
  double abs_rel = 0, sq_rel = 0;  ///< mean |p-t|/t; mean (p-t)^2/t in metres
  double rmse = 0, rmse_log = 0;   ///< metres; of natural logarithms
  double log10 = 0, silog = 0;     ///< mean |log10 p/t|; 100 times the deviation of log p/t
  int64_t pixels = 0;              ///< that counted
};

/// pred, truth [height, width] in metres. A prediction below range.min counts as range.min. Throws
/// Error if the sizes differ or a prediction is NaN. Source: Monocular-Depth-Estimation-Toolbox
/// (spec section 4.4).
DepthScores depth_scores(std::span<const float> pred,
                         std::span<const float> truth,
                         int64_t height,
                         int64_t width,
                         const DepthOptions& options = {});
DepthScores depth_scores(std::span<const double> pred,
                         std::span<const double> truth,
                         int64_t height,
                         int64_t width,
                         const DepthOptions& options = {});

/// Means over the pictures that are no NaN; pixels are summed.
DepthScores mean_of(std::span<const DepthScores> pictures);

}  // namespace troodon::metrics
