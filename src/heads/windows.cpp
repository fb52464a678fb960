#include "heads/windows.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "base/error.hpp"

namespace troodon::heads {
namespace {

/// Where windows of `crop` begin along one side.
std::vector<int64_t> starts(int64_t side, int64_t crop, int64_t stride) {
  std::vector<int64_t> out;
  const int64_t count = std::max<int64_t>(side - crop + stride - 1, 0) / stride + 1;
  for (int64_t i = 0; i < count; ++i) {
    out.push_back(std::max<int64_t>(std::min(i * stride + crop, side) - crop, 0));
  }
  return out;
}

int64_t missing(int64_t side, int64_t multiple) {
  return (multiple - side % multiple) % multiple;
}

Tensor part_of(const Tensor& images, const Window& w) {
  return images.narrow(-2, w.top, w.height).narrow(-1, w.left, w.width);
}

}  // namespace

std::vector<Window> sliding_windows(Extent picture, Extent crop, Extent stride) {
  for (const Extent& size : {picture, crop, stride}) {
    if (size.height < 1 || size.width < 1) {
      fail(Exit::input,
           "windows of {}x{} every {}x{} pixels in {}x{}: each side must be at least 1",
           crop.height,
           crop.width,
           stride.height,
           stride.width,
           picture.height,
           picture.width);
    }
  }
  std::vector<Window> out;
  for (const int64_t top : starts(picture.height, crop.height, stride.height)) {
    for (const int64_t left : starts(picture.width, crop.width, stride.width)) {
      out.push_back({.top = top,
                     .left = left,
                     .height = std::min(crop.height, picture.height),
                     .width = std::min(crop.width, picture.width)});
    }
  }
  return out;
}

Tensor average_windows(const Tensor& images,
                       const std::vector<Window>& windows,
                       const std::function<Tensor(const Tensor& crop)>& look) {
  Tensor sum, seen;
  for (const Window& window : windows) {
    const Tensor found = look(part_of(images, window));
    if (!sum.defined()) {
      sum = at::zeros({found.size(0), found.size(1), images.size(-2), images.size(-1)},
                      found.options());
      seen = at::zeros({images.size(-2), images.size(-1)}, found.options());
    }
    part_of(sum, window).add_(found);
    part_of(seen, window).add_(1);
  }
  TORCH_CHECK(sum.defined() && (seen > 0).all().item<bool>(), "windows must cover the picture");
  return sum.div_(seen);
}

Tensor resize_to(const Tensor& map, Extent size) {
  if (map.size(2) == size.height && map.size(3) == size.width) return map;
  return at::upsample_bilinear2d(map, {size.height, size.width}, /*align_corners=*/false);
}

Padding center_padding(Extent picture, int64_t multiple) {
  const int64_t width = missing(picture.width, multiple),
                height = missing(picture.height, multiple);
  return {.left = width / 2,
          .right = width - width / 2,
          .top = height / 2,
          .bottom = height - height / 2};
}

Tensor pad_centre(const Tensor& images, int64_t multiple) {
  const Padding p = center_padding({images.size(-2), images.size(-1)}, multiple);
  return at::constant_pad_nd(images, {p.left, p.right, p.top, p.bottom});
}

}  // namespace troodon::heads
