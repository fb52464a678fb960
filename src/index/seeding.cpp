#include "index/seeding.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "base/team.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kShard = 1024;         // rows whose sums are made by one thread
constexpr int64_t kShortStep = 1 << 22;  // multiplications that a second thread comes too late for

using Lanes = float __attribute__((vector_size(32)));
using Doubles = double __attribute__((vector_size(64)));
constexpr int64_t kLanes = 8;

/// A shard of rows and the candidates it meets: columns [dim, width], width a multiple of kLanes.
struct Meeting {
  Matrix rows;
  const float* columns;
  int64_t width;
  const float* nearest;  ///< [rows] squared distance to a seed
  float* distances;      ///< [rows, width] to the candidates
  double* sums;          ///< [width] of the smaller of the two
};

/// R rows from the `first` and kLanes candidates from the column `c`. Differences are squared, as
/// near rows would lose their digits in products.
template <int R>
__attribute__((always_inline)) inline void tile(const Meeting& m, int64_t first, int64_t c) {
  Lanes sum[R] = {};
  for (int64_t d = 0; d < m.rows.dim; ++d) {
    Lanes right;
    std::memcpy(&right, m.columns + d * m.width + c, sizeof(right));
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Lanes difference = right - m.rows.row(first + r)[d];
      sum[r] += difference * difference;
    }
  }
  Doubles total;
  std::memcpy(&total, m.sums + c, sizeof(total));
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    std::memcpy(m.distances + (first + r) * m.width + c, &sum[r], sizeof(sum[r]));
    const Lanes before = Lanes{} + m.nearest[first + r];
    total += __builtin_convertvector(sum[r] < before ? sum[r] : before, Doubles);
  }
  std::memcpy(m.sums + c, &total, sizeof(total));
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("default", "fma")))
#endif
void measure(const Meeting& m) {
  for (int64_t c = 0; c < m.width; c += kLanes) {
    int64_t row = 0;
    for (; row + 8 <= m.rows.rows; row += 8) tile<8>(m, row, c);
    for (; row < m.rows.rows; ++row) tile<1>(m, row, c);
  }
}

/// The state of k-means++: each row's squared distance to the nearest seed so far.
class Potential {
 public:
  Potential(const Matrix& rows, int64_t most_candidates, size_t threads)
      : rows_(rows),
        shards_((rows.rows + kShard - 1) / kShard),
        width_((most_candidates + kLanes - 1) / kLanes * kLanes),
        nearest_(static_cast<size_t>(rows.rows), std::numeric_limits<float>::infinity()),
        distances_(static_cast<size_t>(rows.rows * width_), std::numeric_limits<float>::infinity()),
        sums_(static_cast<size_t>(shards_ * width_)),
        shard_sum_(static_cast<size_t>(shards_)),
        team_(rows.rows * rows.dim * width_ < kShortStep
                  ? 1
                  : std::min(threads == 0 ? core_count() : threads, static_cast<size_t>(shards_))) {
  }

  /// Of the candidates the one that leaves the least sum of squared distances becomes a seed.
  int64_t take_best(std::span<const int64_t> candidates) {
    std::vector<float> columns(static_cast<size_t>(rows_.dim * width_));
    for (size_t c = 0; c < candidates.size(); ++c) {
      for (int64_t d = 0; d < rows_.dim; ++d) columns[d * width_ + c] = rows_.row(candidates[c])[d];
    }
    team_.run(static_cast<size_t>(shards_), [&](size_t i, size_t) {
      const auto shard = static_cast<int64_t>(i);
      const int64_t first = shard * kShard, count = std::min(kShard, rows_.rows - first);
      for (int64_t row = first; row < first + count; ++row) nearest_[row] = nearest(row);
      std::fill_n(&sums_[shard * width_], width_, 0.0);
      measure({.rows = {rows_.row(first), count, rows_.dim},
               .columns = columns.data(),
               .width = width_,
               .nearest = &nearest_[first],
               .distances = &distances_[first * width_],
               .sums = &sums_[shard * width_]});
    });
    chosen_ = best_of(static_cast<int64_t>(candidates.size()));
    for (int64_t shard = 0; shard < shards_; ++shard)
      shard_sum_[shard] = sums_[shard * width_ + chosen_];
    return candidates[chosen_];
  }

  double total() const { return std::accumulate(shard_sum_.begin(), shard_sum_.end(), 0.0); }

  /// The row where the running sum of squared distances passes `value`; it is no seed yet unless
  /// all are as near as can be.
  int64_t row_at(double value) const {
    int64_t shard = 0;
    while (shard + 1 < shards_ && value >= shard_sum_[shard]) value -= shard_sum_[shard++];
    int64_t last = -1;
    const int64_t end = std::min(rows_.rows, (shard + 1) * kShard);
    for (int64_t i = shard * kShard; i < end; ++i) {
      const float distance = nearest(i);
      if (distance > 0) last = i;
      if (value < distance) return i;
      value -= distance;
    }
    // Rounding: the sum of all did not reach the value.
    for (int64_t i = rows_.rows; last < 0 && i-- > 0;) {
      if (nearest(i) > 0) last = i;
    }
    return std::max<int64_t>(last, 0);
  }

 private:
  /// With the last seed, of which nearest_ does not know before the next step.
  float nearest(int64_t row) const {
    return std::min(nearest_[row], distances_[row * width_ + chosen_]);
  }

  int64_t best_of(int64_t candidates) const {
    std::vector<double> total(static_cast<size_t>(candidates));
    for (int64_t shard = 0; shard < shards_; ++shard) {
      for (int64_t c = 0; c < candidates; ++c) total[c] += sums_[shard * width_ + c];
    }
    return std::ranges::min_element(total) - total.begin();
  }

  Matrix rows_;
  int64_t shards_, width_, chosen_ = 0;
  std::vector<float> nearest_;    ///< [rows]
  std::vector<float> distances_;  ///< [rows, width] to the last candidates
  std::vector<double> sums_;      ///< [shards, width] of distances if that candidate is taken
  std::vector<double> shard_sum_;
  Team team_;
};

}  // namespace

std::vector<int64_t> plus_plus_seeds(const Matrix& rows,
                                     int64_t k,
                                     const std::function<double()>& uniform,
                                     size_t threads) {
  if (k < 1 || k > rows.rows) fail("{} seeds out of {} rows", k, rows.rows);
  const auto candidates = 2 + static_cast<int64_t>(std::log(static_cast<double>(k)));
  Potential potential(rows, candidates, threads);
  std::vector<uint8_t> taken(static_cast<size_t>(rows.rows));
  std::vector<int64_t> seeds, drawn(1);
  drawn[0] = std::min(rows.rows - 1, static_cast<int64_t>(uniform() * rows.rows));
  int64_t unused = 0;  // no row before it is free
  while (true) {
    seeds.push_back(potential.take_best(drawn));
    taken[seeds.back()] = 1;
    if (static_cast<int64_t>(seeds.size()) == k) return seeds;
    const double total = potential.total();
    drawn.assign(static_cast<size_t>(candidates), 0);
    for (int64_t& row : drawn) row = potential.row_at(uniform() * total);
    // Fewer different rows than seeds: any that is left.
    std::erase_if(drawn, [&](int64_t row) { return taken[row] != 0; });
    while (taken[unused]) ++unused;
    if (drawn.empty()) drawn.push_back(unused);
  }
}

std::vector<int64_t> random_rows(int64_t n, int64_t count, uint64_t seed) {
  if (count > n) fail("{} rows out of {}", count, n);
  // Knuth's selection sampling: each row is asked once, in order.
  Random random(seed);
  std::vector<int64_t> out;
  out.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < n && static_cast<int64_t>(out.size()) < count; ++i) {
    const auto wanted = static_cast<double>(count - static_cast<int64_t>(out.size()));
    if (random.uniform() * static_cast<double>(n - i) < wanted) out.push_back(i);
  }
  return out;
}

}  // namespace troodon::index
