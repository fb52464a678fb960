#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::metrics {

struct SegmentationScores {
  std::vector<double> iou, accuracy;    ///< [classes]; NaN where a class does not occur
  double miou = 0, macc = 0, aacc = 0;  ///< means of these two; share of all pixels
};

struct PixelOptions {
  int32_t ignore = 255;            ///< truth that does not count
  bool reduce_zero_label = false;  ///< truth 0 does not count and 1 is class 0, as in ADE20k
};

/// Pixels of each class over a data set, as mmsegmentation counts them: areas summed over pictures.
/// A truth that is no class has no area, but what was predicted there counts unless it is `ignore`.
class PixelCounts {
 public:
  explicit PixelCounts(int64_t classes, const PixelOptions& options = {});

  /// One picture, or a part: pred, truth [pixels]. Throws Error if the sizes differ.
  void add(std::span<const int32_t> pred, std::span<const int32_t> truth);
  /// Adds another's counts, e.g. of another thread. Throws Error if the classes differ.
  void add(const PixelCounts& other);

  SegmentationScores scores() const;

 private:
  PixelOptions options_;
  std::vector<int64_t> both_, predicted_, true_;  // [classes] pixels
};

}  // namespace troodon::metrics
