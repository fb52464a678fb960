#include "metrics/video.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/error.hpp"
#include "metrics/classification.hpp"

namespace troodon::metrics {
namespace {

struct Size {
  int64_t height, width;
};

void check_size(size_t pixels, const Size& size) {
  if (pixels != static_cast<size_t>(size.height * size.width))
    fail(Exit::input, "a mask of {} pixels is not {} x {}", pixels, size.height, size.width);
}

/// Distance of each pixel to the nearest 1 in its row, cut at `most` + 1.
std::vector<int32_t> row_distances(const std::vector<uint8_t>& map,
                                   const Size& size,
                                   int32_t most) {
  std::vector<int32_t> out(map.size());
  for (int64_t y = 0; y < size.height; ++y) {
    const uint8_t* from = map.data() + y * size.width;
    int32_t* to = out.data() + y * size.width;
    int32_t away = most + 1;
    for (int64_t x = 0; x < size.width; ++x)
      to[x] = away = from[x] ? 0 : std::min(away + 1, most + 1);
    away = most + 1;
    for (int64_t x = size.width - 1; x >= 0; --x)
      to[x] = std::min(to[x], away = from[x] ? 0 : std::min(away + 1, most + 1));
  }
  return out;
}

/// How many 1s of `points` have a 1 of `map` within `radius`: a disk is a stack of rows, so a look
/// at 2 radius + 1 row distances is enough.
int64_t met(const std::vector<uint8_t>& points,
            const std::vector<uint8_t>& map,
            const Size& size,
            int32_t radius) {
  const auto distances = row_distances(map, size, radius);
  std::vector<int32_t> reach(static_cast<size_t>(radius) + 1);
  for (int32_t dy = 0; dy <= radius; ++dy)
    while ((reach[dy] + 1) * (reach[dy] + 1) + dy * dy <= radius * radius) ++reach[dy];
  int64_t count = 0;
  for (int64_t y = 0; y < size.height; ++y) {
    const int64_t top = std::max<int64_t>(y - radius, 0);
    const int64_t bottom = std::min<int64_t>(y + radius, size.height - 1);
    for (int64_t x = 0; x < size.width; ++x) {
      if (!points[y * size.width + x]) continue;
      bool near = false;
      for (int64_t row = top; row <= bottom && !near; ++row)
        near = distances[row * size.width + x] <= reach[std::abs(row - y)];
      count += near;
    }
  }
  return count;
}

double share(int64_t part, int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double region_similarity(std::span<const uint8_t> pred, std::span<const uint8_t> truth) {
  if (pred.size() != truth.size())
    fail(Exit::input, "a mask of {} pixels, but {} of truth", pred.size(), truth.size());
  int64_t both = 0, either = 0;
  for (size_t i = 0; i < pred.size(); ++i) {
    both += pred[i] && truth[i];
    either += pred[i] || truth[i];
  }
  return either == 0 ? 1 : share(both, either);
}

std::vector<uint8_t> boundary_map(std::span<const uint8_t> mask, int64_t height, int64_t width) {
  check_size(mask.size(), {height, width});
  std::vector<uint8_t> map(mask.size());
  for (int64_t y = 0; y < height; ++y) {
    const int64_t below = std::min(y + 1, height - 1);  // the last row looks at itself
    for (int64_t x = 0; x < width; ++x) {
      const int64_t right = std::min(x + 1, width - 1);
      const bool own = mask[y * width + x] != 0;
      map[y * width + x] = own != (mask[y * width + right] != 0) ||
                           own != (mask[below * width + x] != 0) ||
                           own != (mask[below * width + right] != 0);
    }
  }
  if (!map.empty()) map.back() = 0;
  return map;
}

BoundaryAccuracy boundary_accuracy(std::span<const uint8_t> pred,
                                   std::span<const uint8_t> truth,
                                   int64_t height,
                                   int64_t width,
                                   double tolerance) {
  const Size size{height, width};
  const auto ours = boundary_map(pred, height, width), theirs = boundary_map(truth, height, width);
  const double diagonal = std::hypot(static_cast<double>(height), static_cast<double>(width));
  // As in the reference, a tolerance from 1 on is pixels.
  const auto radius =
      static_cast<int32_t>(tolerance >= 1 ? tolerance : std::ceil(tolerance * diagonal));
  const int64_t of_ours = std::ranges::count(ours, 1), of_theirs = std::ranges::count(theirs, 1);
  BoundaryAccuracy out{.precision = 1, .recall = 1};
  if (of_ours == 0 && of_theirs > 0) out.recall = 0;
  if (of_ours > 0 && of_theirs == 0) out.precision = 0;
  if (of_ours > 0 && of_theirs > 0) {
    out.precision = share(met(ours, theirs, size, radius), of_ours);
    out.recall = share(met(theirs, ours, size, radius), of_theirs);
  }
  const double sum = out.precision + out.recall;
  out.f = sum == 0 ? 0 : 2 * out.precision * out.recall / sum;
  return out;
}

TrackScores track_scores(std::span<const double> values) {
  if (values.empty()) {
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    return {.mean = nothing, .recall = nothing, .decay = nothing};
  }
  std::vector<double> above(values.begin(), values.end());
  for (double& value : above) value = std::isnan(value) ? value : value > 0.5;
  // Four stretches that share their end frames, as the reference cuts them.
  const auto edge = [&](int quarter) {
    return static_cast<size_t>(
               std::lround(1 + static_cast<double>(values.size() - 1) * quarter / 4.0 + 1e-10)) -
           1;
  };
  const auto stretch = [&](int quarter) {
    const size_t first = edge(quarter);
    return mean_without_nan(values.subspan(first, edge(quarter + 1) + 1 - first));
  };
  return {.mean = mean_without_nan(values),
          .recall = mean_without_nan(above),
          .decay = stretch(0) - stretch(3)};
}

}  // namespace troodon::metrics
