#include "explore/outliers.hpp"

#include <algorithm>
#include <numeric>

namespace troodon::explore {

std::vector<float> outliers(const Neighbours& neighbours) {
  if (neighbours.k == 0) return {};
  const auto rows = static_cast<int64_t>(neighbours.score.size()) / neighbours.k;
  std::vector<float> out(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    double sum = 0;
    for (const float score : neighbours.score_of(row)) sum += 1 - score;
    out[static_cast<size_t>(row)] = static_cast<float>(sum / static_cast<double>(neighbours.k));
  }
  const auto [least, most] = std::ranges::minmax(out);
  const float width = most - least;
  for (float& value : out) value = width > 0 ? (value - least) / width : 0;
  return out;
}

std::vector<int64_t> strangest_first(const std::vector<float>& outliers) {
  std::vector<int64_t> out(outliers.size());
  std::iota(out.begin(), out.end(), 0);
  std::ranges::stable_sort(
      out, std::greater<>(), [&](int64_t row) { return outliers[static_cast<size_t>(row)]; });
  return out;
}

}  // namespace troodon::explore
