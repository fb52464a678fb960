#include "index/centroids.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "index/dot.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kBlock = 64;  // rows that stay in the second cache while all panels pass
constexpr int64_t kVectors = Panels::kVectors, kWidth = Panels::kWidth;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

float squared_norm(const float* row, int64_t dim) {
  float out = 0;
  dot_products({row, 1, dim}, {row, 1, dim}, &out, 1);
  return out;
}

std::vector<float> half_squared_norms(const Matrix& rows) {
  std::vector<float> out(static_cast<size_t>(rows.rows));
  for (int64_t i = 0; i < rows.rows; ++i)
    out[i] = static_cast<float>(
        0.5 * std::inner_product(rows.row(i), rows.row(i) + rows.dim, rows.row(i), 0.0));
  return out;
}

double exact_distance(const float* a, const float* b, int64_t dim) {
  std::array<double, 4> sum = {};
  int64_t d = 0;
  for (; d + 4 <= dim; d += 4) {
    for (int64_t i = 0; i < 4; ++i) {
      const double difference = static_cast<double>(a[d + i]) - b[d + i];
      sum[i] += difference * difference;
    }
  }
  for (; d < dim; ++d) {
    const double difference = static_cast<double>(a[d]) - b[d];
    sum[0] += difference * difference;
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// The lowest scores a row has met: all of the panel with the lowest, and of the others the least.
struct Lowest {
  float best = kInfinity, elsewhere = kInfinity;
  int64_t panel = 0;
  std::array<float, kWidth> scores = {};

  void offer(const float* offered, float least, int64_t from) {
    if (least < best) {
      elsewhere = best;
      best = least;
      panel = from;
      std::copy_n(offered, kWidth, scores.begin());
    } else {
      elsewhere = std::min(elsewhere, least);
    }
  }
  /// 0 for a row that is no number.
  uint32_t index() const {
    const auto found = std::ranges::find(scores, best) - scores.begin();
    return static_cast<uint32_t>(panel * kWidth + (found < kWidth ? found : 0));
  }
  float second() const {
    float out = elsewhere;
    int64_t bests = 0;
    for (const float score : scores) {
      bests += score == best;
      out = std::min(out, score == best ? kInfinity : score);
    }
    return bests > 1 ? best : out;
  }
};

/// How far rounding may have moved the scores of a row's two nearest centroids, several times what
/// errors at random add up to. No centroid that near is longer than `reach`.
float doubt(float squared_length, float second, int64_t dim) {
  const float length = std::sqrt(squared_length);
  const float reach = length + std::sqrt(std::max(0.0F, squared_length + 2 * second));
  const float steps = std::sqrt(static_cast<float>(dim + 4));
  return 2 * std::numeric_limits<float>::epsilon() * steps * reach * (length + reach);
}

/// Pointers to up to kVectors rows, the last repeated.
template <class RowAt>
std::array<const float*, kVectors> pointers(int64_t count, const RowAt& row_at) {
  std::array<const float*, kVectors> out;
  for (int64_t v = 0; v < kVectors; ++v) out[v] = row_at(std::min(v, count - 1));
  return out;
}

}  // namespace

struct Centroids::Block {
  Matrix rows;
  std::span<uint32_t> cluster;
  std::span<float> distance;
};

Centroids::Centroids(const Matrix& centroids)
    : values_(centroids.data, centroids.data + centroids.rows * centroids.dim),
      panels_(centroids, half_squared_norms(centroids)) {
  if (centroids.rows < 1) fail("no centroids to assign rows to");
}

double Centroids::assign(const Matrix& rows,
                         std::span<uint32_t> cluster,
                         std::span<float> distance,
                         size_t threads) const {
  if (rows.dim != dim()) fail("rows have width {}, the centroids {}", rows.dim, dim());
  const int64_t blocks = (rows.rows + kBlock - 1) / kBlock;
  std::vector<double> sums(static_cast<size_t>(blocks));
  parallel_for(
      sums.size(),
      [&](size_t i) {
        const int64_t first = static_cast<int64_t>(i) * kBlock;
        const int64_t count = std::min(kBlock, rows.rows - first);
        sums[i] = assign_block(
            {.rows = {rows.row(first), count, rows.dim},
             .cluster = cluster.subspan(first, count),
             .distance = distance.empty() ? distance : distance.subspan(first, count)});
      },
      threads);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

double Centroids::assign_block(const Block& block) const {
  const Matrix& rows = block.rows;
  std::array<Lowest, kBlock> lowest;
  std::array<float, kVectors * kWidth> scores;
  std::array<float, kVectors> least;
  for (int64_t panel = 0; panel < panels_.count(); ++panel) {
    for (int64_t first = 0; first < rows.rows; first += kVectors) {
      const int64_t some = std::min(kVectors, rows.rows - first);
      const auto vectors = pointers(some, [&](int64_t v) { return rows.row(first + v); });
      panels_.scores(vectors.data(), panel, scores.data(), least.data());
      for (int64_t v = 0; v < some; ++v)
        lowest[first + v].offer(&scores[v * kWidth], least[v], panel);
    }
  }
  double sum = 0;
  std::vector<int64_t> open;
  for (int64_t i = 0; i < rows.rows; ++i) {
    const Lowest& low = lowest[i];
    const float length = squared_norm(rows.row(i), rows.dim);
    sum += std::max(0.0F, length + 2 * low.best);
    block.cluster[i] = low.index();
    const float second = low.second();
    if (second - low.best <= 2 * doubt(length, second, rows.dim)) open.push_back(i);
  }
  settle(block, open);
  for (int64_t i = 0; i < rows.rows && !block.distance.empty(); ++i)
    block.distance[i] = static_cast<float>(
        exact_distance(rows.row(i), values_.data() + block.cluster[i] * rows.dim, rows.dim));
  return sum;
}

/// Compares in double all centroids that may be nearest to the rows `open`.
void Centroids::settle(const Block& block, std::span<const int64_t> open) const {
  const int64_t dim = block.rows.dim;
  std::vector<float> scores(static_cast<size_t>(panels_.count() * kVectors * kWidth));
  std::vector<float> least(static_cast<size_t>(panels_.count() * kVectors));
  for (size_t first = 0; first < open.size(); first += kVectors) {
    const auto some = static_cast<int64_t>(std::min<size_t>(kVectors, open.size() - first));
    const auto vectors = pointers(some, [&](int64_t v) { return block.rows.row(open[first + v]); });
    for (int64_t panel = 0; panel < panels_.count(); ++panel)
      panels_.scores(
          vectors.data(), panel, &scores[panel * kVectors * kWidth], &least[panel * kVectors]);
    for (int64_t v = 0; v < some; ++v) {
      float lowest = kInfinity;
      for (int64_t panel = 0; panel < panels_.count(); ++panel)
        lowest = std::min(lowest, least[panel * kVectors + v]);
      const float limit =
          lowest + 2 * doubt(squared_norm(vectors[v], dim), std::max(lowest, 0.0F), dim);
      double nearest = std::numeric_limits<double>::infinity();
      for (int64_t c = 0; c < count(); ++c) {
        if (scores[(c / kWidth * kVectors + v) * kWidth + c % kWidth] > limit) continue;
        const double distance = exact_distance(vectors[v], values_.data() + c * dim, dim);
        if (!(distance < nearest)) continue;
        nearest = distance;
        block.cluster[open[first + v]] = static_cast<uint32_t>(c);
      }
    }
  }
}

}  // namespace troodon::index
