#include "index/pca.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "index/dot.hpp"
#include "index/eigen.hpp"

namespace troodon::index {
namespace {

std::vector<double> mean_of(const Matrix& vectors) {
  std::vector<double> mean(static_cast<size_t>(vectors.dim));
  for (int64_t i = 0; i < vectors.rows; ++i) {
    for (int64_t d = 0; d < vectors.dim; ++d) mean[d] += vectors.row(i)[d];
  }
  for (double& m : mean) m /= static_cast<double>(vectors.rows);
  return mean;
}

/// Rows first .. first + count as columns, minus the mean: [dim, count].
std::vector<float> centred_columns(const Matrix& vectors,
                                   const std::vector<double>& mean,
                                   int64_t first,
                                   int64_t count) {
  std::vector<float> out(static_cast<size_t>(vectors.dim * count));
  for (int64_t i = 0; i < count; ++i) {
    const float* row = vectors.row(first + i);
    for (int64_t d = 0; d < vectors.dim; ++d)
      out[d * count + i] = static_cast<float>(row[d] - mean[d]);
  }
  return out;
}

/// Covariance [dim, dim]: products of the columns, in float32 over some rows, then added in double.
std::vector<double> covariance_of(const Matrix& vectors, const std::vector<double>& mean) {
  constexpr int64_t kRows = 512, kStrip = 16;
  const int64_t dim = vectors.dim;
  std::vector<double> covariance(static_cast<size_t>(dim * dim));
  for (int64_t first = 0; first < vectors.rows; first += kRows) {
    const int64_t count = std::min(kRows, vectors.rows - first);
    const auto columns = centred_columns(vectors, mean, first, count);
    parallel_for(static_cast<size_t>((dim + kStrip - 1) / kStrip), [&](size_t strip) {
      const int64_t a = static_cast<int64_t>(strip) * kStrip, height = std::min(kStrip, dim - a),
                    width = dim - a;
      std::vector<float> products(static_cast<size_t>(height * width));
      dot_products({&columns[a * count], height, count},
                   {&columns[a * count], width, count},
                   products.data(),
                   width);
      for (int64_t i = 0; i < height; ++i) {
        for (int64_t b = i; b < width; ++b)
          covariance[(a + i) * dim + a + b] += products[i * width + b];
      }
    });
  }
  for (int64_t a = 0; a < dim; ++a) {
    for (int64_t b = a; b < dim; ++b) {
      covariance[a * dim + b] /= static_cast<double>(vectors.rows - 1);
      covariance[b * dim + a] = covariance[a * dim + b];
    }
  }
  return covariance;
}

void choose_sign(std::span<double> component) {
  const auto largest =
      std::ranges::max_element(component, {}, [](double v) { return std::abs(v); });
  if (*largest < 0) {
    for (double& v : component) v = -v;
  }
}

/// Low and high end of a channel's colours.
std::pair<float, float> ends_of(std::vector<float> values, double clip) {
  if (values.empty()) return {0, 0};
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  return {values[static_cast<size_t>(std::lround(clip * last))],
          values[static_cast<size_t>(std::lround((1 - clip) * last))]};
}

}  // namespace

std::vector<float> Pca::project(const Matrix& vectors) const {
  if (vectors.dim != static_cast<int64_t>(mean.size())) {
    fail("vectors of width {} in a basis of width {}", vectors.dim, mean.size());
  }
  std::vector<float> out(static_cast<size_t>(vectors.rows * count()));
  parallel_for(static_cast<size_t>(vectors.rows), [&](size_t i) {
    const float* row = vectors.row(static_cast<int64_t>(i));
    for (int64_t c = 0; c < count(); ++c) {
      double sum = 0;
      for (size_t d = 0; d < mean.size(); ++d)
        sum += (row[d] - mean[d]) * components[c * mean.size() + d];
      out[i * static_cast<size_t>(count()) + static_cast<size_t>(c)] = static_cast<float>(sum);
    }
  });
  return out;
}

Pca fit_pca(const Matrix& vectors, int64_t count) {
  if (vectors.rows < 2)
    fail("a principal component analysis needs two vectors; there are {}", vectors.rows);
  Pca pca{.mean = mean_of(vectors)};
  EigenPairs found =
      top_eigenvectors(covariance_of(vectors, pca.mean), std::min(count, vectors.dim));
  pca.components = std::move(found.vectors);
  pca.variances = std::move(found.values);
  for (int64_t c = 0; c < pca.count(); ++c) {
    choose_sign(std::span(pca.components).subspan(c * vectors.dim, vectors.dim));
  }
  return pca;
}

double otsu_threshold(std::span<const float> values) {
  std::vector<float> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  const auto n = static_cast<double>(sorted.size());
  double below = 0, best = -1, threshold = sorted.empty() ? 0 : sorted.front();
  for (size_t i = 0; i + 1 < sorted.size(); ++i) {
    below += sorted[i];
    if (sorted[i] == sorted[i + 1]) continue;
    const auto count = static_cast<double>(i + 1);
    const double gap = below / count - (total - below) / (n - count);
    const double between = count * (n - count) * gap * gap;
    if (between > best) {
      best = between;
      threshold = 0.5 * (static_cast<double>(sorted[i]) + sorted[i + 1]);
    }
  }
  return threshold;
}

std::vector<uint8_t> foreground(std::span<const float> first_component,
                                std::span<const Grid> grids) {
  const double threshold = otsu_threshold(first_component);
  std::vector<uint8_t> above(first_component.size());
  std::ranges::transform(first_component, above.begin(), [&](float v) { return v > threshold; });
  std::array<double, 2> edge{}, all{};
  size_t at = 0;
  for (const Grid& grid : grids) {
    for (int64_t i = 0; i < grid.rows * grid.columns; ++i, ++at) {
      const int64_t y = i / grid.columns, x = i % grid.columns;
      edge[above[at]] += y == 0 || x == 0 || y == grid.rows - 1 || x == grid.columns - 1;
      ++all[above[at]];
    }
  }
  if (edge[1] * all[0] > edge[0] * all[1]) {
    for (uint8_t& v : above) v = 1 - v;
  }
  return above;
}

std::vector<uint8_t> to_rgb(std::span<const float> coordinates,
                            std::span<const uint8_t> use,
                            double clip) {
  const size_t rows = coordinates.size() / 3;
  const auto used = [&](size_t i) { return use.empty() || use[i] != 0; };
  std::vector<uint8_t> out(rows * 3);
  for (size_t channel = 0; channel < 3; ++channel) {
    std::vector<float> values;
    for (size_t i = 0; i < rows; ++i) {
      if (used(i)) values.push_back(coordinates[3 * i + channel]);
    }
    const auto [low, high] = ends_of(std::move(values), clip);
    const float scale = high > low ? 255 / (high - low) : 0;
    for (size_t i = 0; i < rows; ++i) {
      if (!used(i)) continue;
      const float value = std::clamp((coordinates[3 * i + channel] - low) * scale, 0.0F, 255.0F);
      out[3 * i + channel] = static_cast<uint8_t>(std::lround(value));
    }
  }
  return out;
}

}  // namespace troodon::index
