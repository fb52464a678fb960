#include "index/seeding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "base/team.hpp"
#include "index/dot.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kShard = 1024;  // rows whose sums are made by one thread

/// The state of k-means++: each row's squared distance to the nearest seed so far.
class Potential {
 public:
  Potential(const Matrix& rows, int64_t most_candidates, size_t threads)
      : rows_(rows),
        shards_((rows.rows + kShard - 1) / kShard),
        stride_(most_candidates),
        nearest_(static_cast<size_t>(rows.rows), std::numeric_limits<float>::infinity()),
        distances_(static_cast<size_t>(rows.rows * most_candidates)),
        sums_(static_cast<size_t>(shards_ * most_candidates)),
        team_(std::min(threads == 0 ? core_count() : threads, static_cast<size_t>(shards_))) {}

  /// Of the candidates the one that leaves the least sum of squared distances becomes a seed.
  int64_t take_best(std::span<const int64_t> candidates) {
    std::vector<float> values;
    for (const int64_t c : candidates)
      values.insert(values.end(), rows_.row(c), rows_.row(c) + rows_.dim);
    const auto count = static_cast<int64_t>(candidates.size());
    const Matrix few{values.data(), count, rows_.dim};
    team_.run(static_cast<size_t>(shards_), [&](size_t i, size_t) { measure(i, few); });
    int64_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int64_t c = 0; c < count; ++c) {
      double sum = 0;
      for (int64_t shard = 0; shard < shards_; ++shard) sum += sums_[shard * stride_ + c];
      if (sum < least) best = c, least = sum;
    }
    chosen_ = best;
    for (int64_t shard = 0; shard < shards_; ++shard)
      shard_sum_[shard] = sums_[shard * stride_ + best];
    team_.run(static_cast<size_t>(shards_), [&](size_t i, size_t) { update(i); });
    return candidates[best];
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
      if (nearest_[i] > 0) last = i;
      if (value < nearest_[i]) return i;
      value -= nearest_[i];
    }
    if (last >= 0) return last;
    const auto found = std::ranges::find_if(nearest_, [](float d) { return d > 0; });
    return found == nearest_.end() ? 0 : found - nearest_.begin();
  }

 private:
  void measure(size_t i, const Matrix& candidates) {
    const auto shard = static_cast<int64_t>(i);
    const int64_t first = shard * kShard, end = std::min(rows_.rows, first + kShard);
    squared_distances({rows_.row(first), end - first, rows_.dim},
                      candidates,
                      &distances_[first * stride_],
                      stride_);
    for (int64_t c = 0; c < candidates.rows; ++c) {
      double sum = 0;
      for (int64_t row = first; row < end; ++row)
        sum += std::min(nearest_[row], distances_[row * stride_ + c]);
      sums_[shard * stride_ + c] = sum;
    }
  }

  void update(size_t i) {
    const auto first = static_cast<int64_t>(i) * kShard;
    const int64_t end = std::min(rows_.rows, first + kShard);
    for (int64_t row = first; row < end; ++row)
      nearest_[row] = std::min(nearest_[row], distances_[row * stride_ + chosen_]);
  }

  Matrix rows_;
  int64_t shards_, stride_, chosen_ = 0;
  std::vector<float> nearest_;    ///< [rows]
  std::vector<float> distances_;  ///< [rows, candidates]
  std::vector<double> sums_;      ///< [shards, candidates] of distances if that candidate is taken
  std::vector<double> shard_sum_ = std::vector<double>(static_cast<size_t>(shards_));
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
