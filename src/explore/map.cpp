#include "explore/map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "index/dot.hpp"
#include "index/pca.hpp"

namespace troodon::explore {
namespace {

/// Places in the order of nearness to `row`, itself left out.
template <class Distance>
std::vector<int64_t> by_nearness(int64_t rows, int64_t row, const Distance& distance) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < rows; ++i) {
    if (i != row) order.push_back(i);
  }
  std::vector<double> far(static_cast<size_t>(rows));
  for (const int64_t i : order) far[static_cast<size_t>(i)] = distance(i);
  std::ranges::stable_sort(order, {}, [&](int64_t i) { return far[static_cast<size_t>(i)]; });
  return order;
}

/// The sum over the row's k neighbours on the map of how far beyond its k nearest they were.
double strangers(const Matrix& unit, std::span<const float> low, int64_t k, int64_t row) {
  std::vector<float> like(static_cast<size_t>(unit.rows));
  index::dot_products({unit.row(row), 1, unit.dim}, unit, like.data(), unit.rows);
  const auto before =
      by_nearness(unit.rows, row, [&](int64_t i) { return -like[static_cast<size_t>(i)]; });
  std::vector<int64_t> rank(static_cast<size_t>(unit.rows), 0);
  for (size_t r = 0; r < before.size(); ++r)
    rank[static_cast<size_t>(before[r])] = static_cast<int64_t>(r) + 1;
  const auto after = by_nearness(unit.rows, row, [&](int64_t i) {
    return std::hypot(low[2 * i] - low[2 * row], low[2 * i + 1] - low[2 * row + 1]);
  });
  double sum = 0;
  for (int64_t j = 0; j < k; ++j)
    sum += static_cast<double>(
        std::max<int64_t>(0, rank[static_cast<size_t>(after[static_cast<size_t>(j)])] - k));
  return sum;
}

}  // namespace

void fit_to_frame(std::vector<float>& places) {
  if (places.empty()) return;
  std::array<float, 2> low = {places[0], places[1]}, high = low;
  for (size_t i = 0; i < places.size(); ++i) {
    low[i % 2] = std::min(low[i % 2], places[i]), high[i % 2] = std::max(high[i % 2], places[i]);
  }
  const float half = std::max(high[0] - low[0], high[1] - low[1]) / 2;
  for (size_t i = 0; i < places.size(); ++i) {
    const float middle = (low[i % 2] + high[i % 2]) / 2;
    places[i] = half > 0 ? std::clamp((places[i] - middle) / half, -1.0F, 1.0F) : 0;
  }
}

std::vector<float> pca_map(const Matrix& rows) {
  std::vector<float> out(static_cast<size_t>(2 * rows.rows), 0);
  if (rows.rows < 2) return out;
  const index::Pca pca = index::fit_pca(rows, 2);
  const auto said = pca.project(rows);
  for (int64_t row = 0; row < rows.rows; ++row) {
    for (int64_t k = 0; k < pca.count(); ++k)
      out[static_cast<size_t>(2 * row + k)] = said[static_cast<size_t>(row * pca.count() + k)];
  }
  fit_to_frame(out);
  return out;
}

double trustworthiness(const Matrix& unit, std::span<const float> low, int64_t k) {
  const int64_t n = unit.rows;
  if (static_cast<int64_t>(low.size()) != 2 * n || k < 1 || 2 * k >= n)
    fail(Exit::usage, "trustworthiness wants {} places and fewer than {} neighbours", n, n / 2);
  std::vector<double> sums(static_cast<size_t>(n));
  parallel_for(static_cast<size_t>(n),
               [&](size_t row) { sums[row] = strangers(unit, low, k, static_cast<int64_t>(row)); });
  const double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
  return 1 - 2 * sum / static_cast<double>(n * k * (2 * n - 3 * k - 1));
}

}  // namespace troodon::explore
