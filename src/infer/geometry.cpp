#include "infer/geometry.hpp"

#include <algorithm>
#include <cmath>

#include "image/colour.hpp"
#include "image/resize.hpp"

namespace troodon::infer {
namespace {

constexpr int kLongest = 4;  ///< sizes; attention's cost grows with the square of the tokens

image::Image pad_to_square(const image::Image& picture, int size) {
  const double scale = static_cast<double>(size) / std::max(picture.width, picture.height);
  const int width = std::clamp(static_cast<int>(picture.width * scale + 0.5), 1, size);
  const int height = std::clamp(static_cast<int>(picture.height * scale + 0.5), 1, size);
  const image::Image small = image::resize(picture, width, height);
  image::Image out(size, size);
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    out.pixels[i] = static_cast<uint8_t>(image::kImageNetMean[i % 3] * 255 + 0.5F);
  }
  const int top = (size - height) / 2, left = (size - width) / 2;
  for (int y = 0; y < height; ++y) {
    std::copy_n(small.row(y), 3 * width, out.row(top + y) + 3 * left);
  }
  return out;
}

int to_patch(double pixels, int patch) {
  return std::max(1, static_cast<int>(std::lround(pixels / patch))) * patch;
}

image::Image whole(const image::Image& picture, int size, int patch) {
  const double shorter = std::min(picture.width, picture.height);
  const double longer = std::max(picture.width, picture.height);
  const double scale = std::min(size / shorter, kLongest * size / longer);
  const auto side = [&](int pixels) { return to_patch(pixels * scale, patch); };
  return image::resize(picture, side(picture.width), side(picture.height));
}

/// Starts of windows along a side.
std::vector<int> starts(int side, int size, int patch) {
  const int step = std::max(size / 2 / patch, 1) * patch;
  std::vector<int> out;
  for (int at = 0; at + size < side; at += step) out.push_back(at);
  out.push_back(side - size);
  return out;
}

Views tile(const image::Image& picture, int size, int patch) {
  const double scale =
      std::max(1.0, static_cast<double>(size) / std::min(picture.width, picture.height));
  const int width = std::max(size, to_patch(picture.width * scale, patch));
  const int height = std::max(size, to_patch(picture.height * scale, patch));
  Views out;
  out.pictures.push_back(image::resize(picture, width, height));
  for (const int top : starts(height, size, patch)) {
    for (const int left : starts(width, size, patch))
      out.windows.push_back({.top = top, .left = left, .height = size, .width = size});
  }
  return out;
}

/// Adds the vector divided by its length.
void add_unit(std::span<const float> vector, std::span<float> sum) {
  double square = 0;
  for (const float v : vector) square += static_cast<double>(v) * v;
  const double length = std::max(std::sqrt(square), 1e-12);
  for (size_t i = 0; i < vector.size(); ++i) sum[i] += static_cast<float>(vector[i] / length);
}

}  // namespace

int64_t Geometry::decode_side() const {
  if (resize == Resize::tile) return 0;
  const double largest = *std::max_element(scales.begin(), scales.end());
  const double side = size * largest * (resize == Resize::crop ? 256.0 / 224 : 1);
  return static_cast<int64_t>(std::ceil(side));
}

int Views::height(size_t view) const {
  return windows.empty() ? pictures[view].height : windows[view].height;
}
int Views::width(size_t view) const {
  return windows.empty() ? pictures[view].width : windows[view].width;
}
image::Image Views::take(size_t view) {
  return windows.empty() ? std::move(pictures[view]) : image::crop(pictures[0], windows[view]);
}

image::Image to_square(const image::Image& picture, Fit fit, int size) {
  if (fit == Fit::pad) return pad_to_square(picture, size);
  if (fit == Fit::stretch) return image::resize(picture, size, size);
  return image::evaluation_crop(picture, size);
}

Views prepare(const image::Image& picture, const Geometry& geometry) {
  if (geometry.resize == Resize::tile) return tile(picture, geometry.size, geometry.patch);
  Views out;
  for (const double scale : geometry.scales) {
    const int size = to_patch(geometry.size * scale, geometry.patch);
    const Fit fit = geometry.resize == Resize::pad       ? Fit::pad
                    : geometry.resize == Resize::stretch ? Fit::stretch
                                                         : Fit::crop;
    out.pictures.push_back(geometry.resize == Resize::fit ? whole(picture, size, geometry.patch)
                                                          : to_square(picture, fit, size));
  }
  return out;
}

Combiner::Combiner(const Geometry& geometry, Output output, const Views& views, int64_t width)
    : patch_(geometry.patch),
      tokens_(output == Output::patches),
      width_(width),
      rows_(views.pictures[0].height / geometry.patch),
      columns_(views.pictures[0].width / geometry.patch),
      windows_(views.windows),
      views_(views.count()),
      sum_(static_cast<size_t>(width * (tokens_ ? rows_ * columns_ : 1))),
      seen_(tokens_ && views_ > 1 ? static_cast<size_t>(rows_ * columns_) : 0) {}

void Combiner::add(size_t view, std::span<const float> features) {
  if (views_ == 1) {
    sum_.assign(features.begin(), features.end());
  } else if (windows_.empty()) {
    add_unit(features, sum_);
  } else if (tokens_) {
    add_tokens(windows_[view], features);
  } else {
    for (size_t i = 0; i < sum_.size(); ++i) sum_[i] += features[i];
  }
}

void Combiner::add_tokens(const image::Box& window, std::span<const float> features) {
  const float* from = features.data();
  for (int64_t y = window.top / patch_; y < (window.top + window.height) / patch_; ++y) {
    for (int64_t x = window.left / patch_; x < (window.left + window.width) / patch_; ++x) {
      const int64_t place = y * columns_ + x;
      float* to = sum_.data() + place * width_;
      for (int64_t i = 0; i < width_; ++i) to[i] += from[i];
      seen_[static_cast<size_t>(place)] += 1;
      from += width_;
    }
  }
}

std::vector<float> Combiner::finish() {
  if (views_ == 1) return std::move(sum_);
  if (windows_.empty()) {
    std::vector<float> out(sum_.size());
    add_unit(sum_, out);
    return out;
  }
  for (size_t i = 0; i < sum_.size(); ++i) {
    const float count =
        tokens_ ? seen_[i / static_cast<size_t>(width_)] : static_cast<float>(views_);
    sum_[i] /= count;
  }
  return std::move(sum_);
}

}  // namespace troodon::infer
