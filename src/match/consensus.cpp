#include "match/consensus.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"

namespace troodon::match {
namespace {

/// Weight of a neighbour `step` patches away.
float weight(int64_t step, int64_t reach) {
  const double spread = static_cast<double>(reach) * 0.75 + 1e-9;
  return static_cast<float>(std::exp(-0.5 * static_cast<double>(step * step) / (spread * spread)));
}

/// out[i] += w * from[i + step] over a row of n values, as far as there are any.
void add_shifted(const float* from, float* out, int64_t n, int64_t step, float w) {
  const int64_t begin = std::max<int64_t>(0, -step), end = std::min(n, n - step);
  for (int64_t i = begin; i < end; ++i) out[i] += w * from[i + step];
}

}  // namespace

void weigh_mutual(std::vector<float>& table, const Places& a, const Places& b) {
  const auto rows = static_cast<size_t>(a.count()), columns = static_cast<size_t>(b.count());
  std::vector<float> best_row(rows, 1e-9F), best_column(columns, 1e-9F);
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) {
      const float value = table[r * columns + c];
      best_row[r] = std::max(best_row[r], value);
      best_column[c] = std::max(best_column[c], value);
    }
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) {
      float& value = table[r * columns + c];
      value = std::max(value, 0.0F);
      value *= value / best_row[r] * (value / best_column[c]);
    }
}

std::vector<float> neighbours_votes(const std::vector<float>& table,
                                    const Places& a,
                                    const Places& b,
                                    int64_t reach,
                                    size_t threads) {
  std::vector<float> across(table.size()), out(table.size());
  const auto line = static_cast<size_t>(b.count());
  // Along the rows of both pictures, then along their columns: the weights are a product.
  parallel_for(
      static_cast<size_t>(a.count()),
      [&](size_t place) {
        const auto column = static_cast<int64_t>(place) % a.columns;
        for (int64_t d = -reach; d <= reach; ++d) {
          if (column + d < 0 || column + d >= a.columns) continue;
          const float* from = table.data() + (static_cast<int64_t>(place) + d) * b.count();
          for (int64_t r = 0; r < b.rows; ++r)
            add_shifted(from + r * b.columns,
                        across.data() + place * line + static_cast<size_t>(r * b.columns),
                        b.columns,
                        d,
                        weight(d, reach));
        }
      },
      threads);
  parallel_for(
      static_cast<size_t>(a.count()),
      [&](size_t place) {
        const auto row = static_cast<int64_t>(place) / a.columns;
        for (int64_t d = -reach; d <= reach; ++d) {
          if (row + d < 0 || row + d >= a.rows) continue;
          add_shifted(across.data() + (static_cast<int64_t>(place) + d * a.columns) * b.count(),
                      out.data() + place * line,
                      b.count(),
                      d * b.columns,
                      weight(d, reach));
        }
      },
      threads);
  return out;
}

}  // namespace troodon::match
