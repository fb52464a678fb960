#include "infer/predict/label_pixels.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"

namespace troodon::infer {
namespace {

/// Where an enlarged row or column reads: two neighbours and the weight of the second.
struct Tap {
  int64_t first, second;
  float weight;
};

std::vector<Tap> taps(int64_t from, int64_t to) {
  std::vector<Tap> out;
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  for (int64_t i = 0; i < to; ++i) {
    const float at = std::max((static_cast<float>(i) + 0.5F) * scale - 0.5F, 0.0F);
    const auto first = std::min(static_cast<int64_t>(at), from - 1);
    out.push_back({first, std::min(first + 1, from - 1), at - static_cast<float>(first)});
  }
  return out;
}

void mix(const float* a, const float* b, float weight, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = (1 - weight) * a[i] + weight * b[i];
}

/// Softmax at the largest of n logits.
float share_of(const float* logits, int64_t n, float largest) {
  float sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(logits[i] - largest);
  return 1 / sum;
}

}  // namespace

PixelLabels label_pixels(
    const LogitGrid& grid, int width, int height, bool confidence, size_t threads) {
  const auto rows = taps(grid.rows, height), columns = taps(grid.columns, width);
  const int64_t n = grid.classes, line = grid.columns * n;
  PixelLabels out;
  out.labels.resize(static_cast<size_t>(width) * height);
  if (confidence) out.confidence.resize(out.labels.size());
  const auto label_row = [&](size_t y) {
    const Tap& row = rows[y];
    std::vector<float> between(static_cast<size_t>(line)), logits(static_cast<size_t>(n));
    const float* values = grid.values.data();
    mix(values + row.first * line, values + row.second * line, row.weight, line, between.data());
    for (size_t x = 0; x < columns.size(); ++x) {
      const Tap& at = columns[x];
      mix(between.data() + at.first * n,
          between.data() + at.second * n,
          at.weight,
          n,
          logits.data());
      const auto largest = std::max_element(logits.begin(), logits.end());
      const size_t place = y * columns.size() + x;
      out.labels[place] = static_cast<int32_t>(largest - logits.begin());
      if (confidence) out.confidence[place] = share_of(logits.data(), n, *largest);
    }
  };
  parallel_for(static_cast<size_t>(height), label_row, threads);
  return out;
}

}  // namespace troodon::infer
