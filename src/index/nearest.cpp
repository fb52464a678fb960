#include "index/nearest.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "index/asking.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kQueriesAtOnce = 96 * Asking::kQueries;  // bounds the memory for candidates
constexpr int64_t kRoughAtOnce = 1024 * RoughRows::kRows;  // and that for rounded rows
// Below these, rounding the base costs more than it saves.
constexpr int64_t kLeastQueries = 256, kLeastDim = 64;

/// Part `i` of a range, cut where rows of `each` begin.
Range part(const Range& all, int64_t i, int64_t parts, int64_t each) {
  const int64_t blocks = (all.end - all.first + each - 1) / each;
  const auto edge = [&](int64_t at) {
    return std::min(all.first + blocks * at / parts * each, all.end);
  };
  return {edge(i), edge(i + 1)};
}

/// The search for some of the queries: parts of it on all cores, then the parts' best together.
class Search {
 public:
  Search(const Matrix& queries,
         const Range& some,
         const Matrix& base,
         const NearestOptions& options)
      : some_(some), base_(base), options_(options) {
    const auto threads =
        static_cast<int64_t>(options.threads == 0 ? core_count() : options.threads);
    const int64_t blocks = (some.end - some.first + Asking::kQueries - 1) / Asking::kQueries;
    // Few queries: the cores share the base instead.
    areas_ = blocks >= 2 * threads ? 1 : std::min<int64_t>(4 * threads, base.rows / 96 + 1);
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t first = some.first + block * Asking::kQueries;
      const Range range{first, std::min(first + Asking::kQueries, some.end)};
      for (int64_t area = 0; area < areas_; ++area) askings_.emplace_back(queries, range, options);
    }
  }

  void run() {
    if (has_tiles() && some_.end - some_.first >= kLeastQueries && base_.dim >= kLeastDim) {
      for (int64_t first = 0; first < base_.rows; first += kRoughAtOnce) {
        const Range rows{first, std::min(first + kRoughAtOnce, base_.rows)};
        const RoughRows rough(rows_of(base_, rows), RoughRows::Side::base, options_.threads);
        each(rows, [&](Asking& asking, const Range& area) {
          asking.meet(base_, area, rough, rows.first);
        });
      }
    } else {
      each({0, base_.rows}, [&](Asking& asking, const Range& area) { asking.meet(base_, area); });
    }
  }

  void write(Neighbours& out) const {
    parallel_for(
        static_cast<size_t>(some_.end - some_.first),
        [&](size_t i) {
          const int64_t query = some_.first + static_cast<int64_t>(i);
          Best best(static_cast<size_t>(out.k));
          for (int64_t area = 0; area < areas_; ++area) {
            const Asking& asking = askings_[i / Asking::kQueries * areas_ + area];
            for (const Candidate& c : asking.best(query).all()) best.offer(c);
          }
          int64_t at = query * out.k;
          for (const Candidate& c : std::move(best).sorted()) {
            out.index[at] = c.index;
            out.score[at++] = c.score;
          }
        },
        options_.threads);
  }

 private:
  template <class Meet>
  void each(const Range& rows, Meet&& meet) {
    parallel_for(
        askings_.size(),
        [&](size_t i) {
          const auto area = static_cast<int64_t>(i) % areas_;
          meet(askings_[i], part(rows, area, areas_, RoughRows::kRows));
        },
        options_.threads);
  }

  Range some_;
  Matrix base_;
  NearestOptions options_;
  int64_t areas_ = 1;
  std::vector<Asking> askings_;  // [blocks, areas]
};

}  // namespace

Neighbours nearest(const Matrix& queries, const Matrix& base, const NearestOptions& given) {
  if (queries.dim != base.dim)
    fail("queries have width {}, the searched vectors {}", queries.dim, base.dim);
  NearestOptions options = given;
  options.k = std::clamp<int64_t>(
      options.k, 0, std::max<int64_t>(base.rows - (options.skip_self ? 1 : 0), 0));
  Neighbours out{.k = options.k};
  if (options.k == 0) return out;
  out.index.resize(static_cast<size_t>(queries.rows * out.k));
  out.score.resize(out.index.size());
  for (int64_t first = 0; first < queries.rows; first += kQueriesAtOnce) {
    Search search(queries, {first, std::min(first + kQueriesAtOnce, queries.rows)}, base, options);
    search.run();
    search.write(out);
  }
  return out;
}

}  // namespace troodon::index
