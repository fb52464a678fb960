#include "restyle/guided.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace troodon::restyle {
namespace {

/// Running means over lines of `count` values `stride` apart.
void line_means(const float* from, float* to, int64_t count, int64_t stride, int radius) {
  double sum = 0;
  int64_t held = 0;
  for (int64_t i = 0; i < std::min<int64_t>(radius, count); ++i) sum += from[i * stride], ++held;
  for (int64_t i = 0; i < count; ++i) {
    if (i + radius < count) sum += from[(i + radius) * stride], ++held;
    if (i - radius > 0) sum -= from[(i - radius - 1) * stride], --held;
    to[i * stride] = static_cast<float>(sum / static_cast<double>(held));
  }
}

std::vector<float> lightness(const Lab& picture) {
  std::vector<float> out(picture.pixels());
  for (size_t i = 0; i < out.size(); ++i) out[i] = picture.values[i * 3];
  return out;
}

std::vector<float> product(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> out(a.size());
  for (size_t i = 0; i < a.size(); ++i) out[i] = a[i] * b[i];
  return out;
}

}  // namespace

std::vector<float> box_mean(const std::vector<float>& values, int width, int height, int radius) {
  std::vector<float> across(values.size()), out(values.size());
  for (int y = 0; y < height; ++y) {
    const auto start = static_cast<ptrdiff_t>(y) * width;
    line_means(values.data() + start, across.data() + start, width, 1, radius);
  }
  for (int x = 0; x < width; ++x)
    line_means(across.data() + x, out.data() + x, height, width, radius);
  return out;
}

std::vector<float> enlarged(
    const std::vector<float>& values, int64_t rows, int64_t columns, int width, int height) {
  std::vector<float> out(static_cast<size_t>(width) * height);
  const auto split = [](double at, int64_t count) {
    const double x = std::clamp(at - 0.5, 0.0, static_cast<double>(count - 1));
    const auto low = static_cast<int64_t>(x);
    return std::tuple{
        low, std::min(low + 1, count - 1), static_cast<float>(x - static_cast<double>(low))};
  };
  for (int y = 0; y < height; ++y) {
    const auto [r, r2, down] = split((y + 0.5) * static_cast<double>(rows) / height, rows);
    for (int x = 0; x < width; ++x) {
      const auto [c, c2, right] = split((x + 0.5) * static_cast<double>(columns) / width, columns);
      const auto at = [&](int64_t i, int64_t j) {
        return values[static_cast<size_t>(i * columns + j)];
      };
      const float top = at(r, c) + right * (at(r, c2) - at(r, c));
      const float bottom = at(r2, c) + right * (at(r2, c2) - at(r2, c));
      out[static_cast<size_t>(y) * width + x] = top + down * (bottom - top);
    }
  }
  return out;
}

std::vector<float> guided(const std::vector<float>& plane,
                          int64_t rows,
                          int64_t columns,
                          const Lab& guide,
                          double radius,
                          double eps) {
  const double shrink = std::min(1.0, 512.0 / std::max(guide.width, guide.height));
  const int w = std::max(1, static_cast<int>(guide.width * shrink)),
            h = std::max(1, static_cast<int>(guide.height * shrink));
  const std::vector<float> light = lightness(guide);
  const auto small = shrink < 1 ? enlarged(light, guide.height, guide.width, w, h) : light;
  const auto p = enlarged(plane, rows, columns, w, h);
  const int r = std::max(1, static_cast<int>(radius * w / static_cast<double>(columns)));
  const auto mean_i = box_mean(small, w, h, r), mean_p = box_mean(p, w, h, r);
  const auto mean_ii = box_mean(product(small, small), w, h, r),
             mean_ip = box_mean(product(small, p), w, h, r);
  std::vector<float> a(p.size()), b(p.size());
  for (size_t i = 0; i < p.size(); ++i) {
    const float variance = mean_ii[i] - mean_i[i] * mean_i[i];
    a[i] =
        (mean_ip[i] - mean_i[i] * mean_p[i]) / (std::max(variance, 0.0F) + static_cast<float>(eps));
    b[i] = mean_p[i] - a[i] * mean_i[i];
  }
  a = enlarged(box_mean(a, w, h, r), h, w, guide.width, guide.height);
  b = enlarged(box_mean(b, w, h, r), h, w, guide.width, guide.height);
  for (size_t i = 0; i < a.size(); ++i) a[i] = a[i] * light[i] + b[i];
  return a;
}

}  // namespace troodon::restyle
