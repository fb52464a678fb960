#include "index/nearest.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "index/dot.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kQueryBlock = 32;
constexpr int64_t kBaseBlock = 96;  // rows that stay in the second cache while the queries pass
constexpr int64_t kQueriesAtOnce = 8192;  // bounds the memory for candidates

struct Candidate {
  float score;
  int64_t index;
};

/// The order of results; total, so that it does not matter who found what first.
bool better(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score > b.score : a.index < b.index;
}

/// The best k seen so far: a heap whose top is the worst of them.
class Best {
 public:
  explicit Best(size_t k) : k_(k) {}
  void offer(const Candidate& candidate) {
    if (heap_.size() == k_) {
      if (!better(candidate, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.back() = candidate;
    } else {
      heap_.push_back(candidate);
    }
    std::push_heap(heap_.begin(), heap_.end(), better);
  }
  const std::vector<Candidate>& all() const { return heap_; }
  std::vector<Candidate> sorted() && {
    std::sort_heap(heap_.begin(), heap_.end(), better);
    return std::move(heap_);
  }

 private:
  size_t k_;
  std::vector<Candidate> heap_;
};

struct Range {
  int64_t first, end;
};

Range part(int64_t total, int64_t i, int64_t parts) {
  return {total * i / parts, total * (i + 1) / parts};
}

Matrix rows_of(const Matrix& matrix, const Range& range) {
  return {matrix.row(range.first), range.end - range.first, matrix.dim};
}

/// Best rows of a part of the base for a block of queries.
std::vector<Best> search(const Matrix& queries,
                         const Range& block,
                         const Matrix& base,
                         const Range& area,
                         const NearestOptions& options) {
  std::vector<Best> best(static_cast<size_t>(block.end - block.first),
                         Best(static_cast<size_t>(options.k)));
  std::vector<float> scores(static_cast<size_t>(kQueryBlock * kBaseBlock));
  for (int64_t first = area.first; first < area.end; first += kBaseBlock) {
    const Range rows{first, std::min(first + kBaseBlock, area.end)};
    dot_products(rows_of(queries, block), rows_of(base, rows), scores.data(), kBaseBlock);
    for (int64_t q = block.first; q < block.end; ++q) {
      const float* score = scores.data() + (q - block.first) * kBaseBlock;
      for (int64_t b = rows.first; b < rows.end; ++b) {
        if (options.skip_self && b == q) continue;
        best[static_cast<size_t>(q - block.first)].offer({score[b - first], b});
      }
    }
  }
  return best;
}

/// The search for some of the queries: parts of it on all cores, then the parts' best together.
void search_some(const Matrix& queries,
                 const Range& some,
                 const Matrix& base,
                 const NearestOptions& options,
                 Neighbours& out) {
  const auto threads = static_cast<int64_t>(options.threads == 0 ? core_count() : options.threads);
  const int64_t blocks = (some.end - some.first + kQueryBlock - 1) / kQueryBlock;
  // Few queries: the cores share the base instead.
  const int64_t areas =
      blocks >= 2 * threads ? 1 : std::min<int64_t>(4 * threads, base.rows / kBaseBlock + 1);
  const auto block_at = [&](int64_t i) {
    const int64_t first = some.first + i * kQueryBlock;
    return Range{first, std::min(first + kQueryBlock, some.end)};
  };
  std::vector<std::vector<Best>> found(static_cast<size_t>(blocks * areas));
  parallel_for(
      found.size(),
      [&](size_t i) {
        const auto place = static_cast<int64_t>(i);
        found[i] = search(
            queries, block_at(place / areas), base, part(base.rows, place % areas, areas), options);
      },
      options.threads);
  parallel_for(
      static_cast<size_t>(some.end - some.first),
      [&](size_t i) {
        const auto block = static_cast<int64_t>(i) / kQueryBlock;
        Best best(static_cast<size_t>(out.k));
        for (int64_t area = 0; area < areas; ++area) {
          for (const Candidate& c : found[block * areas + area][i % kQueryBlock].all())
            best.offer(c);
        }
        int64_t at = (some.first + static_cast<int64_t>(i)) * out.k;
        for (const Candidate& c : std::move(best).sorted()) {
          out.index[at] = c.index;
          out.score[at++] = c.score;
        }
      },
      options.threads);
}

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
    search_some(
        queries, {first, std::min(first + kQueriesAtOnce, queries.rows)}, base, options, out);
  }
  return out;
}

}  // namespace troodon::index
