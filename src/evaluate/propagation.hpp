#pragma once

#include <deque>
#include <vector>

#include "evaluate/video.hpp"

namespace troodon::evaluate {

/// A frame in patches: unit features and how much each object is there.
struct PatchFrame {
  int64_t rows = 0, columns = 0, dim = 0;
  std::vector<float> features;  ///< [rows * columns, dim]
  std::vector<float> shares;    ///< [rows * columns, labels], 0 the surroundings
};

/// The frames that are asked: the first, and the last few.
struct Memory {
  PatchFrame first;
  std::deque<PatchFrame> last;
};

/// Shares of `labels` labels for the patches of a new frame: each asks the patches near its place
/// in all remembered frames, and those most like it vote, weighted by softmax(cosine /
/// temperature).
void propagate(const Memory& memory,
               const VideoOptions& options,
               int64_t labels,
               PatchFrame& frame);

/// Label shares at patch resolution of a mask of labels: the mean over each patch's pixels.
std::vector<float> shares_of(const image::Plane& mask,
                             int64_t labels,
                             int64_t rows,
                             int64_t columns);

/// The likeliest label of each pixel, shares read bilinearly between patch centres.
image::Plane mask_of(
    const PatchFrame& frame, int64_t labels, int width, int height, size_t threads = 0);

}  // namespace troodon::evaluate
