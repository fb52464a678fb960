#include "troodon/knn.hpp"

#include "api/call.hpp"
#include "index/knn.hpp"
#include "index/nearest.hpp"

namespace troodon {
namespace {

/// A copy as the rooms keep it; throws where the sizes contradict each other.
index::Features checked(const Features& f) {
  const auto rows = static_cast<size_t>(f.rows);
  if (f.rows < 0 || f.dim < 1 || f.values.size() != rows * static_cast<size_t>(f.dim))
    fail(Exit::input, "{} values are not [{}, {}]", f.values.size(), f.rows, f.dim);
  if (!f.labels.empty() && f.labels.size() != rows)
    fail(Exit::input, "{} labels for {} rows of features", f.labels.size(), rows);
  return {f.rows, f.dim, f.values, f.ids, f.labels, f.classes};
}

}  // namespace

std::vector<KnnResult> knn(const Features& train, const Features& val, const KnnOptions& options) {
  return api::call([&] {
    std::vector<KnnResult> out;
    const auto lines = index::knn_evaluate(checked(train),
                                           checked(val),
                                           {.neighbours = options.neighbours,
                                            .temperature = options.temperature,
                                            .per_class = options.per_class,
                                            .tries = options.tries});
    for (const auto& r : lines)
      out.push_back({r.per_class, r.neighbours, r.top1, r.top5, r.macro_top1});
    return out;
  });
}

Neighbours nearest(const Features& queries, const Features& base, const NearestOptions& options) {
  return api::call([&] {
    index::Features q = checked(queries), b = checked(base);
    index::normalize_rows(q.values, q.dim);
    index::normalize_rows(b.values, b.dim);
    auto found = index::nearest(q.matrix(),
                                b.matrix(),
                                {.k = options.k,
                                 .skip_self = options.skip_self,
                                 .threads = static_cast<size_t>(options.threads)});
    return Neighbours{found.k, std::move(found.index), std::move(found.score)};
  });
}

}  // namespace troodon
