#include "index/asking.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "index/dot.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kVectors = Panels::kVectors, kWidth = Panels::kWidth;
constexpr int64_t kBaseBlock = 8 * kVectors;  // rows that meet the panels while they are near
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The order of results; total.
bool better(const Candidate& a, const Candidate& b) {
  return a.score != b.score ? a.score > b.score : a.index < b.index;
}

/// What lets no lane of these pass: minus the score plus how wrong it may be reaches the limit.
struct Lanes {
  const float *negated, *limits, *errors, *lengths;
  float length, error;  // of the base's row
};

// One version per instruction set, picked at load time; see dot.cpp.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("default", "avx2")))
#endif
bool all_fail(const Lanes& in, int64_t count) {
  using Floats = float __attribute__((vector_size(32)));
  using Words = int32_t __attribute__((vector_size(32)));
  constexpr int64_t kLanes = 8;
  Words fails = Words{} - 1;
  Floats negated, limit, error, length;
  for (int64_t i = 0; i < count; i += kLanes) {
    std::memcpy(&negated, in.negated + i, sizeof negated);
    std::memcpy(&limit, in.limits + i, sizeof limit);
    std::memcpy(&error, in.errors + i, sizeof error);
    std::memcpy(&length, in.lengths + i, sizeof length);
    fails &= negated >= limit + (error * in.length + length * in.error);
  }
  int64_t words[4];
  std::memcpy(words, &fails, sizeof words);
  return (words[0] & words[1] & words[2] & words[3]) == -1;
}

}  // namespace

void Best::offer(Candidate candidate) {
  if (std::isnan(candidate.score)) candidate.score = -kInfinity;
  if (heap_.size() == k_) {
    if (!better(candidate, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), better);
    heap_.back() = candidate;
  } else {
    heap_.push_back(candidate);
  }
  std::push_heap(heap_.begin(), heap_.end(), better);
}

float Best::limit() const {
  return heap_.size() < k_ ? std::numeric_limits<float>::quiet_NaN() : heap_.front().score;
}

std::vector<Candidate> Best::sorted() && {
  std::sort_heap(heap_.begin(), heap_.end(), better);
  return std::move(heap_);
}

Asking::Asking(const Matrix& queries, const Range& block, const NearestOptions& options)
    : queries_(queries),
      block_(block),
      options_(options),
      rounding_(rounding_of(queries.dim)),
      best_(static_cast<size_t>(block.end - block.first), Best(static_cast<size_t>(options.k))),
      limits_(kQueries, -kInfinity),
      lengths_(kQueries),
      errors_(kQueries) {
  for (size_t q = 0; q < best_.size(); ++q) limits_[q] = -best_[q].limit();
}

bool Asking::crowded() const {
  constexpr int64_t kEnough = 4096, kShare = 20;  // an exact product costs as much as 20 in panels
  return seen_ > kEnough * static_cast<int64_t>(best_.size()) && computed_ * kShare > seen_;
}

bool Asking::any_passes(const Look& look) const {
  return !all_fail({.negated = look.negated,
                    .limits = limits_.data() + look.lane,
                    .errors = errors_.data() + look.lane,
                    .lengths = lengths_.data() + look.lane,
                    .length = look.extent.length,
                    .error = look.extent.error},
                   look.lanes);
}

bool Asking::passes(const Look& look, int64_t lane) const {
  const float wrong = errors_[lane] * look.extent.length + lengths_[lane] * look.extent.error;
  return !(look.negated[lane - look.lane] >= limits_[lane] + wrong);
}

void Asking::consider(const Matrix& base, const Look& look) {
  if (!any_passes(look)) return;
  const int64_t end = std::min(look.lane + look.lanes, static_cast<int64_t>(best_.size()));
  for (int64_t q = look.lane; q < end; ++q) {
    if (!passes(look, q)) continue;
    const int64_t query = block_.first + q;
    if (options_.skip_self && look.row == query) continue;
    float score = 0;
    dot_products(
        rows_of(queries_, {query, query + 1}), rows_of(base, {look.row, look.row + 1}), &score, 1);
    best_[q].offer({score, look.row});
    limits_[q] = -best_[q].limit();
    ++computed_;
  }
}

void Asking::meet(const Matrix& base, const Range& area) {
  if (!panels_) {
    panels_.emplace(rows_of(queries_, block_));
    rough_.reset();
    for (size_t q = 0; q < best_.size(); ++q) {
      lengths_[q] =
          extent_of(queries_.row(block_.first + static_cast<int64_t>(q)), base.dim).length;
      errors_[q] = 0;
    }
  }
  std::vector<float> scores(static_cast<size_t>(kVectors * kWidth));
  const float* vectors[kVectors];
  float least[kVectors];
  for (int64_t first = area.first; first < area.end; first += kBaseBlock) {
    const int64_t end = std::min(first + kBaseBlock, area.end);
    float wrong[kBaseBlock];
    for (int64_t row = first; row < end; ++row)
      wrong[row - first] = rounding_ * extent_of(base.row(row), base.dim).length;
    for (int64_t panel = 0; panel < panels_->count(); ++panel) {
      for (int64_t row = first; row < end; row += kVectors) {
        for (int64_t v = 0; v < kVectors; ++v) vectors[v] = base.row(std::min(row + v, end - 1));
        panels_->scores(vectors, panel, scores.data(), least);
        for (int64_t v = 0; v < std::min(kVectors, end - row); ++v)
          consider(base,
                   {.negated = scores.data() + v * kWidth,
                    .lane = panel * kWidth,
                    .lanes = kWidth,
                    .row = row + v,
                    .extent = {.error = wrong[row + v - first]}});
      }
    }
  }
}

void Asking::meet(const Matrix& base, const Range& area, const RoughRows& rough, int64_t first) {
  constexpr int64_t kRows = RoughRows::kRows;
  static_assert(kQueries % kRows == 0 && kQueries % kWidth == 0);
  const auto queries = static_cast<int64_t>(best_.size());
  if (!rough_ && !panels_) {
    rough_.emplace(rows_of(queries_, block_), RoughRows::Side::queries, 1);
    for (int64_t q = 0; q < queries; ++q) {
      errors_[q] = rough_->extent(q).error;
      lengths_[q] = rough_->extent(q).length + rough_->extent(q).error;
    }
  }
  const TileRegisters tiles;
  alignas(64) float scores[kRows * kRows];
  for (int64_t row = area.first; row < area.end; row += kRows) {
    if (panels_ || crowded()) return meet(base, {row, area.end});
    const int64_t rows = std::min(kRows, area.end - row);
    for (int64_t lane = 0; lane < queries; lane += kRows) {
      RoughRows::products(rough, (row - first) / kRows, *rough_, lane / kRows, scores);
      for (int64_t r = 0; r < rows; ++r) {
        const Extent extent = rough.extent(row + r - first);
        const float error = extent.error + rounding_ * (extent.length + extent.error);
        consider(base,
                 {.negated = scores + r * kRows,
                  .lane = lane,
                  .lanes = kRows,
                  .row = row + r,
                  .extent = {.length = extent.length, .error = error}});
      }
    }
    seen_ += rows * queries;
  }
}

}  // namespace troodon::index
