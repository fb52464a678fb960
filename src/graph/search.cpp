#include "graph/search.hpp"

#include <limits>

namespace troodon::graph {
namespace {

/// Candidates that are scored exactly for k results: codes misplace few by more.
constexpr int64_t exactly_scored(int64_t k) {
  return 2 * k + 16;
}

/// Comparisons of a search among all rows, about: with so few rows, each is looked at instead.
constexpr int64_t comparisons_of(int64_t width) {
  return 32 * width + 1024;
}

/// After so many in vain the allowed rows are far from the query, and looking at each, one after
/// the other in memory, is quicker than it is to go on; it finds them all, too.
constexpr int64_t comparisons_before_scan(int64_t allowed) {
  return allowed / 4;
}

}  // namespace

Search::Search(const Body& body, const SearchOptions& options)
    : body_(body),
      allowed_{.allow = options.allow, .body = &body},
      k_(options.k),
      width_(std::max(options.width > 0 ? options.width : body.width, options.k)),
      count_(allowed_.count()),
      all_allowed_(options.allow == nullptr && body.removed_count == 0) {}

void Search::fill_pool(Scratch& scratch, uint32_t without) const {
  if (!all_allowed_ && count_ <= comparisons_of(width_)) return scan(scratch);
  scratch.restart(body_.rows);
  if (without != kNone) scratch.meet(without);
  const Key start = descend(body_, 0, scratch);
  scratch.meet(row_of(start));
  if (all_allowed_) {
    scratch.pool.offer(start);
    walk(body_, 0, scratch);
  } else if (!walk_allowed(body_, allowed_, start, comparisons_before_scan(count_), scratch)) {
    scan(scratch);
  }
}

void Search::scan(Scratch& scratch) const {
  scratch.pool.clear(std::max(width_, exactly_scored(k_)));
  scan_allowed(body_, allowed_, scratch);
}

void Search::run(const float* query, const Found& out, uint32_t without) const {
  thread_local Scratch scratch;
  scratch.pool.clear(width_);
  if (count_ > 0) {
    ask(body_, query, scratch);
    fill_pool(scratch, without);
  }
  score(scratch, without, out);
}

void Search::score(Scratch& scratch, uint32_t without, const Found& out) const {
  const std::span<const Key> keys = scratch.pool.keys();
  const size_t count = std::min<size_t>(keys.size(), exactly_scored(k_));
  using Scored = std::pair<float, int64_t>;  // minus the score: ascending is best first
  thread_local std::vector<Scored> scored;
  scored.clear();
  for (const Key key : keys.first(count)) {
    const uint32_t row = row_of(key);
    if (row == without) continue;
    const float product = body_.options.originals == Originals::none
                              ? static_cast<float>(product_of(key)) * body_.coder.unit()
                              : body_.product(scratch.unit.data(), row);
    scored.emplace_back(-product, row);
  }
  std::sort(scored.begin(), scored.end());
  for (int64_t i = 0; i < k_; ++i) {
    const bool there = i < static_cast<int64_t>(scored.size());
    out.index[i] = there ? scored[i].second : -1;
    out.score[i] = there ? -scored[i].first : -std::numeric_limits<float>::infinity();
  }
}

}  // namespace troodon::graph
