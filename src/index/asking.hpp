#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "index/features.hpp"
#include "index/nearest.hpp"
#include "index/panels.hpp"
#include "index/rough.hpp"

// A block of queries and what it has found so far; private to src/index.
namespace troodon::index {

struct Candidate {
  float score;
  int64_t index;
};

/// The best k seen so far: a heap whose top is the worst of them. Equal scores go by the lower row,
/// so that it does not matter who found what first; NaN is worse than any number.
class Best {
 public:
  explicit Best(size_t k) : k_(k) {}
  void offer(Candidate candidate);
  /// What a score must exceed; NaN, which nothing fails to, while there are fewer than k.
  float limit() const;
  const std::vector<Candidate>& all() const { return heap_; }
  std::vector<Candidate> sorted() &&;

 private:
  size_t k_;
  std::vector<Candidate> heap_;
};

struct Range {
  int64_t first, end;
};

inline Matrix rows_of(const Matrix& matrix, const Range& range) {
  return {matrix.row(range.first), range.end - range.first, matrix.dim};
}

/// Rough products with every row of the base tell what may be among the best; those few are then
/// computed exactly, so the answer's bits do not depend on how rough the first look was. Rows must
/// come in ascending order.
class Asking {
 public:
  static constexpr int64_t kQueries = 4 * Panels::kWidth;  ///< of a block: they stay in cache

  Asking(const Matrix& queries, const Range& block, const NearestOptions& options);

  /// Meets rows of the base in float32.
  void meet(const Matrix& base, const Range& area);
  /// Meets rows of the base on tiles; `rough` holds those from `first` on. Where too many come too
  /// close to be told apart, goes on in float32.
  void meet(const Matrix& base, const Range& area, const RoughRows& rough, int64_t first);

  const Best& best(int64_t query) const { return best_[query - block_.first]; }

 private:
  /// Minus the scores of one base row and the queries [lane, lane + lanes), lanes a multiple of 8.
  struct Look {
    const float* negated;
    int64_t lane, lanes;
    int64_t row;
    Extent extent;
  };
  void consider(const Matrix& base, const Look& look);
  bool any_passes(const Look& look) const;
  bool passes(const Look& look, int64_t lane) const;
  bool crowded() const;

  Matrix queries_;
  Range block_;
  NearestOptions options_;
  float rounding_;
  std::vector<Best> best_;
  std::vector<float> limits_, lengths_, errors_;  // [kQueries]: minus the score to pass; extents
  int64_t seen_ = 0, computed_ = 0;               // pairs
  std::optional<Panels> panels_;
  std::optional<RoughRows> rough_;
};

}  // namespace troodon::index
