#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

namespace troodon::heads {

using torch::Tensor;

struct Extent {
  int64_t height = 0, width = 0;
};

/// A rectangle of a picture, pixels.
struct Window {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

/// Windows of `crop`, a stride apart, that cover the picture; the last of a row or column is moved
/// back inside. A picture smaller than the crop in one direction gives windows of its own size
/// there. Row by row. Throws Error (Exit::input) on sizes below 1.
std::vector<Window> sliding_windows(Extent picture, Extent crop, Extent stride);

/// Mean over the windows that see a pixel: look(crop [B,C,h,w]) -> [B,K,h,w]; images [B,C,H,W] ->
/// [B,K,H,W]. Source: slide_inference of the official depther and of mmseg.
Tensor average_windows(const Tensor& images,
                       const std::vector<Window>& windows,
                       const std::function<Tensor(const Tensor& crop)>& look);

/// Bilinear, corners not aligned, to pixels: [B,K,h,w] -> [B,K,height,width].
Tensor resize_to(const Tensor& map, Extent size);

struct Padding {
  int64_t left = 0, right = 0, top = 0, bottom = 0;
};

/// Pixels that bring both sides to multiples; the smaller half goes left and above. Hub's
/// CenterPadding.
Padding center_padding(Extent picture, int64_t multiple);
/// images [...,H,W] with zeros around.
Tensor pad_centre(const Tensor& images, int64_t multiple);

}  // namespace troodon::heads
