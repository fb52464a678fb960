#include "image/resize.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <vector>

#include "image/convolve.hpp"

namespace troodon::image {
namespace {

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double bilinear(double x) {
  return std::max(0.0, 1 - std::abs(x));
}

int fixed_point(double weight) {
  return static_cast<int>(std::lround(weight * (1 << kPrecisionBits)));
}

/// Pillow's windows: support grows with the reduction (antialiasing), weights sum to one before
/// they are rounded to fixed point.
Taps taps_for(int in_size, int out_size, Filter filter) {
  const double scale = static_cast<double>(in_size) / out_size;
  const double stretch = std::max(scale, 1.0);
  const double support = (filter == Filter::bicubic ? 2.0 : 1.0) * stretch;
  Taps taps(out_size, static_cast<int>(std::ceil(support)) * 2 + 1);
  std::vector<double> weights(taps.stride);
  for (int i = 0; i < out_size; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int last = std::min(in_size, static_cast<int>(center + support + 0.5));
    double sum = 0;
    for (int t = first; t < last; ++t) {
      const double x = (t - center + 0.5) * (1.0 / stretch);
      sum += weights[t - first] = filter == Filter::bicubic ? bicubic(x) : bilinear(x);
    }
    taps.first[i] = first;
    taps.count[i] = last - first;
    for (int t = 0; t < last - first; ++t) {
      taps.weights[static_cast<size_t>(i) * taps.stride + t] = fixed_point(weights[t] / sum);
    }
  }
  return taps;
}

Image resample_rows(const PixelView& in, int width, Filter filter) {
  Image out(width, in.height);
  convolve_rows(in, taps_for(in.width, width, filter), out);
  return out;
}

Image resample_columns(const PixelView& in, int height, Filter filter) {
  Image out(in.width, height);
  convolve_columns(in, taps_for(in.height, height, filter), out);
  return out;
}

PixelView view(const Image& image, const Box& box) {
  PixelView part = view(image);
  part.data = image.row(box.top) + static_cast<size_t>(box.left) * 3;
  part.width = box.width;
  part.height = box.height;
  return part;
}

int round_half_even(double x) {
  return static_cast<int>(std::nearbyint(x));
}

void check_box(const Image& image, const Box& box) {
  assert(box.top >= 0 && box.left >= 0 && box.height > 0 && box.width > 0);
  assert(box.top + box.height <= image.height && box.left + box.width <= image.width);
  (void)image, (void)box;
}

}  // namespace

Image resize(const Image& image, int width, int height, Filter filter) {
  return resized_crop(image, {0, 0, image.height, image.width}, width, height, filter);
}

Image resized_crop(const Image& image, const Box& box, int width, int height, Filter filter) {
  check_box(image, box);
  assert(width > 0 && height > 0);
  if (box.width == width && box.height == height) return crop(image, box);
  const PixelView source = view(image, box);
  if (box.height == height) return resample_rows(source, width, filter);
  if (box.width == width) return resample_columns(source, height, filter);
  // Both orders round to 8 bits in between, so they differ; this is how Pillow 13 chooses.
  if (box.height > height && box.height - height > 2 * (box.width - width)) {
    return resample_rows(view(resample_columns(source, height, filter)), width, filter);
  }
  return resample_columns(view(resample_rows(source, width, filter)), height, filter);
}

Image resize_short_side(const Image& image, int size, Filter filter) {
  const auto longer = [size](int long_side, int short_side) {
    return static_cast<int>(static_cast<int64_t>(size) * long_side / short_side);
  };
  const int width = image.width <= image.height ? size : longer(image.width, image.height);
  const int height = image.width <= image.height ? longer(image.height, image.width) : size;
  return resize(image, width, height, filter);
}

Image center_crop(const Image& image, int width, int height) {
  // torchvision pads first: (crop - size) / 2 before, the odd pixel after.
  const int pad_left = std::max(0, (width - image.width) / 2);
  const int pad_top = std::max(0, (height - image.height) / 2);
  const int padded_width = std::max(width, image.width);
  const int padded_height = std::max(height, image.height);
  const int left = round_half_even((padded_width - width) / 2.0) - pad_left;
  const int top = round_half_even((padded_height - height) / 2.0) - pad_top;
  Image out(width, height);
  const int from_x = std::max(0, left), to_x = std::min(image.width, left + width);
  for (int y = std::max(0, top); y < std::min(image.height, top + height); ++y) {
    const uint8_t* from = image.row(y) + static_cast<size_t>(from_x) * 3;
    std::copy_n(from,
                static_cast<size_t>(to_x - from_x) * 3,
                out.row(y - top) + static_cast<size_t>(from_x - left) * 3);
  }
  return out;
}

Image evaluation_crop(const Image& image, int size) {
  return center_crop(resize_short_side(image, size * 256 / 224), size, size);
}

Image crop(const Image& image, const Box& box) {
  check_box(image, box);
  Image out(box.width, box.height);
  for (int y = 0; y < box.height; ++y) {
    const uint8_t* from = image.row(box.top + y) + static_cast<size_t>(box.left) * 3;
    std::copy_n(from, static_cast<size_t>(box.width) * 3, out.row(y));
  }
  return out;
}

Image flip_horizontal(const Image& image) {
  Image out(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* from = image.row(y);
    uint8_t* to = out.row(y) + static_cast<size_t>(image.width) * 3;
    for (int x = 0; x < image.width; ++x, from += 3) {
      to -= 3;
      to[0] = from[0], to[1] = from[1], to[2] = from[2];
    }
  }
  return out;
}

}  // namespace troodon::image
