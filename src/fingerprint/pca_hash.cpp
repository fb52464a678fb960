#include "fingerprint/pca_hash.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"

namespace troodon::fingerprint {
namespace {

using Rows = std::vector<double>;  ///< row-major

/// Eight running sums: one would wait for each addition.
double dot(const double* a, const double* b, size_t n) {
  double sum[8] = {};
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (size_t lane = 0; lane < 8; ++lane) sum[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < n; ++i) sum[0] += a[i] * b[i];
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

/// rows [count, n] -> their covariance [n, n], times count; by columns, so that each is one task.
Rows scatter(const Rows& columns, size_t count, size_t n) {
  Rows out(n * n);
  parallel_for(n, [&](size_t i) {
    for (size_t j = 0; j < n; ++j) {
      out[i * n + j] = j < i ? 0 : dot(&columns[i * count], &columns[j * count], count);
    }
  });
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) out[i * n + j] = out[j * n + i];
  }
  return out;
}

/// Gram-Schmidt, twice for accuracy; a row that the earlier ones explain becomes noise and is tried
/// again, which happens when there are fewer pictures than bits.
void orthonormalize(Rows& rows, size_t n, Random& random) {
  for (size_t i = 0; i * n < rows.size(); ++i) {
    double* const row = &rows[i * n];
    for (;;) {
      const double before = std::sqrt(dot(row, row, n));
      for (size_t j = 0; j < 2 * i; ++j) {
        const double* const other = &rows[j % i * n];
        const double along = dot(row, other, n);
        for (size_t d = 0; d < n; ++d) row[d] -= along * other[d];
      }
      const double length = std::sqrt(dot(row, row, n));
      if (length > 1e-9 * before) {
        for (size_t d = 0; d < n; ++d) row[d] /= length;
        break;
      }
      for (size_t d = 0; d < n; ++d) row[d] = random.normal();
    }
  }
}

/// The span of the `count` largest eigenvectors by orthogonal iteration, which also sorts them.
/// Signs need no accurate vectors, so a fixed number of steps will do.
Rows main_axes(const Rows& matrix, size_t n, size_t count) {
  constexpr int kSteps = 40;
  Random random(20230414);
  Rows axes(count * n);
  for (double& v : axes) v = random.normal();
  orthonormalize(axes, n, random);
  for (int step = 0; step < kSteps; ++step) {
    Rows next(axes.size());
    parallel_for(n, [&](size_t j) {
      for (size_t i = 0; i < count; ++i) next[i * n + j] = dot(&axes[i * n], &matrix[j * n], n);
    });
    axes = std::move(next);
    orthonormalize(axes, n, random);
  }
  return axes;
}

}  // namespace

std::vector<float> small_picture(const Grey& grey, int side) {
  const Grey small = area_resize(grey, side, side);
  std::vector<float> out(small.values.begin(), small.values.end());
  double sum = 0, squares = 0;
  for (const float v : out) sum += v;
  const auto mean = static_cast<float>(sum / static_cast<double>(out.size()));
  for (float& v : out) v -= mean, squares += static_cast<double>(v) * v;
  const auto length = static_cast<float>(std::max(std::sqrt(squares), 1.0));
  for (float& v : out) v /= length;
  return out;
}

PcaHashModel learn_pca_hash(std::span<const float> small_pictures, const PcaHashOptions& options) {
  if (options.side < 1 || options.side > 64) {
    fail("PCA hash: side {}; it may be 1 to 64 pixels", options.side);
  }
  const auto n = static_cast<size_t>(options.side) * options.side;
  if (options.bits < 1 || options.bits > 256 || static_cast<size_t>(options.bits) > n) {
    fail("PCA hash: {} bits; they may be 1 to {}", options.bits, std::min<size_t>(256, n));
  }
  const size_t count = small_pictures.size() / n;
  if (count < 2 || small_pictures.size() % n != 0) {
    fail("PCA hash: {} values; wanted two pictures of {} or more", small_pictures.size(), n);
  }
  Rows columns(count * n);
  PcaHashModel model{.options = options};
  for (size_t d = 0; d < n; ++d) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += small_pictures[i * n + d];
    model.mean.push_back(static_cast<float>(sum / static_cast<double>(count)));
    for (size_t i = 0; i < count; ++i) {
      columns[d * count + i] = static_cast<double>(small_pictures[i * n + d]) - model.mean[d];
    }
  }
  const Rows axes = main_axes(scatter(columns, count, n), n, static_cast<size_t>(options.bits));
  model.axes.assign(axes.begin(), axes.end());
  return model;
}

Hash256 pca_hash(const PcaHashModel& model, const Grey& grey) {
  const std::vector<float> picture = small_picture(grey, model.options.side);
  const size_t n = picture.size();
  Hash256 hash{};
  for (int bit = 0; bit < model.options.bits; ++bit) {
    const float* const axis = &model.axes[bit * n];
    double along = 0;
    for (size_t d = 0; d < n; ++d) along += (picture[d] - model.mean[d]) * axis[d];
    hash[bit / 64] |= static_cast<uint64_t>(along > 0) << (bit % 64);
  }
  return hash;
}

}  // namespace troodon::fingerprint
