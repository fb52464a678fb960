#include "image/canvas.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace troodon::image {

Canvas::Canvas(const Image& image) : Canvas(image.width, image.height) {
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(image.pixels[i]) / 255.0F;
}

Image Canvas::image() const {
  Image out(width, height);
  for (size_t i = 0; i < values.size(); ++i)
    out.pixels[i] = static_cast<uint8_t>(std::lround(std::clamp(values[i], 0.0F, 1.0F) * 255));
  return out;
}

void Canvas::add_between(double y, double x, float weight, float* sum) const {
  y = std::clamp(y, 0.0, height - 1.0);
  x = std::clamp(x, 0.0, width - 1.0);
  const int top = static_cast<int>(y), left = static_cast<int>(x);
  const int bottom = std::min(top + 1, height - 1), right = std::min(left + 1, width - 1);
  const auto down = static_cast<float>(y - top), across = static_cast<float>(x - left);
  const float *a = at(top, left), *b = at(top, right), *c = at(bottom, left),
              *d = at(bottom, right);
  for (int i = 0; i < 3; ++i) {
    const float upper = a[i] + across * (b[i] - a[i]), lower = c[i] + across * (d[i] - c[i]);
    sum[i] += weight * (upper + down * (lower - upper));
  }
}

namespace {

/// Sums of a row from its start, so that any stretch of it costs two looks.
class RowSums {
 public:
  RowSums(const Canvas& from, int y) : width_(from.width), sums_((from.width + 1) * size_t{3}) {
    for (size_t i = 3; i < sums_.size(); ++i) sums_[i] = sums_[i - 3] + from.at(y, 0)[i - 3];
  }
  /// The integral of channel c over [from, to] pixels, edges going on beyond the row.
  double between(double from, double to, int c) const { return up_to(to, c) - up_to(from, c); }

 private:
  double up_to(double x, int c) const {
    const double inside = std::clamp(x, 0.0, static_cast<double>(width_));
    const int whole = std::min(static_cast<int>(inside), width_ - 1);
    const double *low = sums_.data() + whole * size_t{3} + c, *high = low + 3;
    // Past either end the first or last pixel is met again and again.
    const double edge = x < 0
                            ? sums_[3 + c]
                            : sums_[width_ * size_t{3} + c] - *(&sums_[width_ * size_t{3} + c] - 3);
    return *low + (inside - whole) * (*high - *low) + (x - inside) * edge;
  }

  int width_;
  std::vector<double> sums_;  // [width + 1, 3]
};

}  // namespace

Canvas defocused(const Canvas& from, double radius) {
  std::vector<RowSums> rows;
  for (int y = 0; y < from.height; ++y) rows.emplace_back(from, y);
  const int reach = static_cast<int>(radius + 0.5);
  std::vector<double> halves;  // half the disk's width at each distance from its middle row
  double area = 0;
  for (int dy = -reach; dy <= reach; ++dy) {
    const double outer = radius + 0.5;
    halves.push_back(std::max(std::sqrt(std::max(outer * outer - dy * dy, 0.0)), 0.5));
    area += 2 * halves.back();
  }
  Canvas out(from.width, from.height);
  for (int y = 0; y < out.height; ++y) {
    for (int dy = -reach; dy <= reach; ++dy) {
      const RowSums& row = rows[std::clamp(y + dy, 0, from.height - 1)];
      const double half = halves[dy + reach];
      for (int x = 0; x < out.width; ++x) {
        for (int c = 0; c < 3; ++c)
          out.at(y, x)[c] +=
              static_cast<float>(row.between(x + 0.5 - half, x + 0.5 + half, c) / area);
      }
    }
  }
  return out;
}

Canvas moved(const Canvas& from, double length, double angle) {
  const int looks = static_cast<int>(std::ceil(length)) + 2;
  const double dy = std::sin(angle), dx = std::cos(angle);
  Canvas out(from.width, from.height);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      for (int i = 0; i < looks; ++i) {
        const double away = length * (static_cast<double>(i) / (looks - 1) - 0.5);
        from.add_between(
            y + away * dy, x + away * dx, 1.0F / static_cast<float>(looks), out.at(y, x));
      }
    }
  }
  return out;
}

Canvas zoomed(const Canvas& from, double most) {
  constexpr int kSteps = 16;
  const double middle_y = (from.height - 1) / 2.0, middle_x = (from.width - 1) / 2.0;
  Canvas out(from.width, from.height);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      for (int i = 0; i < kSteps; ++i) {
        const double zoom = 1 + (most - 1) * i / (kSteps - 1);
        from.add_between(middle_y + (y - middle_y) / zoom,
                         middle_x + (x - middle_x) / zoom,
                         1.0F / kSteps,
                         out.at(y, x));
      }
    }
  }
  return out;
}

Canvas bent(const Canvas& from, double reach, double wave, uint64_t seed) {
  const uint64_t down = mix(seed, 1), across = mix(seed, 2);
  Canvas out(from.width, from.height);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const double dy = reach * (2 * smooth_noise(y, x, wave, down) - 1);
      const double dx = reach * (2 * smooth_noise(y, x, wave, across) - 1);
      from.add_between(y + dy, x + dx, 1, out.at(y, x));
    }
  }
  return out;
}

double smooth_noise(double y, double x, double cell, uint64_t seed) {
  const double row = y / cell, column = x / cell;
  const auto top = static_cast<int64_t>(std::floor(row)),
             left = static_cast<int64_t>(std::floor(column));
  const auto ease = [](double t) { return t * t * (3 - 2 * t); };
  const double down = ease(row - static_cast<double>(top)),
               across = ease(column - static_cast<double>(left));
  const auto corner = [&](int64_t r, int64_t c) { return Random(mix(seed, r, c)).uniform(); };
  return std::lerp(std::lerp(corner(top, left), corner(top, left + 1), across),
                   std::lerp(corner(top + 1, left), corner(top + 1, left + 1), across),
                   down);
}

double cloud(double y, double x, double cell, uint64_t seed) {
  double sum = 0, weight = 1, total = 0;
  for (uint64_t octave = 0; octave < 5; ++octave, weight /= 2, cell /= 2) {
    sum += weight * smooth_noise(y, x, cell, mix(seed, octave));
    total += weight;
  }
  return sum / total;
}

}  // namespace troodon::image
