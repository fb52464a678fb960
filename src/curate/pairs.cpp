#include "curate/pairs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/parallel.hpp"

namespace troodon::curate {
namespace {

using index::Panels;
constexpr int64_t kVectors = Panels::kVectors, kWidth = Panels::kWidth;
constexpr int64_t kQueries = 64;  // that stay in the second cache while the base passes

/// What is above the threshold among `count` queries from the `first` and one panel.
class Search {
 public:
  Search(const Block& queries, const Base& base, double threshold, bool both)
      : queries_(queries), base_(base), threshold_(threshold), both_(both) {
    // Rounding in float must not lose what is above in double.
    const double slack = 4 * std::numeric_limits<float>::epsilon() *
                         std::sqrt(static_cast<double>(base.panels.dim()));
    limit_ = static_cast<float>(slack - threshold);
  }

  void panel(int64_t first, int64_t count, int64_t panel, std::vector<Edge>& out) const {
    std::array<const float*, kVectors> vectors;
    std::array<float, kVectors * kWidth> scores;
    std::array<float, kVectors> least;
    for (int64_t v = 0; v < kVectors; ++v)
      vectors[v] = queries_.rows.row(first + std::min(v, count - 1));
    base_.panels.scores(vectors.data(), panel, scores.data(), least.data());
    for (int64_t v = 0; v < count; ++v) {
      for (int64_t j = 0; least[v] < limit_ && j < kWidth; ++j) {
        if (scores[v * kWidth + j] < limit_) check(first + v, panel * kWidth + j, out);
      }
    }
  }

 private:
  void check(int64_t query, int64_t row, std::vector<Edge>& out) const {
    const uint32_t a = queries_.ids[query], b = base_.block.ids[row];
    if (both_ ? a == b : a >= b) return;
    const float* left = queries_.rows.row(query);
    const double cosine = std::inner_product(left,
                                             left + queries_.rows.dim,
                                             base_.block.rows.row(row),
                                             0.0,
                                             std::plus<>(),
                                             [](double x, double y) { return x * y; });
    if (cosine > threshold_) out.push_back({a, b, static_cast<float>(cosine)});
  }

  const Block& queries_;
  const Base& base_;
  double threshold_;
  bool both_;
  float limit_;
};

}  // namespace

std::vector<Edge> pairs_above(
    const Block& queries, const Base& base, double threshold, bool both, size_t threads) {
  const Search search(queries, base, threshold, both);
  const int64_t count = queries.rows.rows;
  std::vector<std::vector<Edge>> found(static_cast<size_t>((count + kQueries - 1) / kQueries));
  parallel_for(
      found.size(),
      [&](size_t i) {
        const int64_t begin = static_cast<int64_t>(i) * kQueries;
        const int64_t end = std::min(count, begin + kQueries);
        for (int64_t panel = 0; panel < base.panels.count(); ++panel) {
          const int64_t last = std::min((panel + 1) * kWidth, base.panels.rows()) - 1;
          if (!both && base.block.ids[last] <= queries.ids[begin]) continue;
          for (int64_t q = begin; q < end; q += kVectors)
            search.panel(q, std::min(kVectors, end - q), panel, found[i]);
        }
      },
      threads);
  std::vector<Edge> out;
  for (const auto& some : found) out.insert(out.end(), some.begin(), some.end());
  return out;
}

}  // namespace troodon::curate
