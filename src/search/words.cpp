#include <algorithm>

#include "base/random.hpp"
#include "search/searcher.hpp"

namespace troodon::search {

Words words_of(const collection::Vectors& vectors, int64_t dim) {
  constexpr size_t kPairs = 20'000, kFewest = 20;
  Words out;
  const size_t n = vectors.ids.size();
  if (n < kFewest) return out;
  Random random(0);
  std::vector<float> scores;
  for (size_t i = 0; i < kPairs; ++i) {
    const size_t a = static_cast<size_t>(random.integer(0, static_cast<int64_t>(n) - 1)),
                 b = static_cast<size_t>(random.integer(0, static_cast<int64_t>(n) - 1));
    if (a == b) continue;
    const float* x = vectors.values.data() + a * static_cast<size_t>(dim);
    const float* y = vectors.values.data() + b * static_cast<size_t>(dim);
    float sum = 0;
    for (int64_t d = 0; d < dim; ++d) sum += x[d] * y[d];
    scores.push_back(sum);
  }
  std::ranges::sort(scores);
  const auto quantile = [&](double q) {
    return scores[static_cast<size_t>(q * static_cast<double>(scores.size() - 1))];
  };
  out.same = std::min(quantile(0.999), out.copy);
  out.alike = std::min(quantile(0.98), out.same);
  return out;
}

}  // namespace troodon::search
