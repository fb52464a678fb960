#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "index/features.hpp"

namespace troodon::index {

/// Sums of the rows of clusters in whole numbers, so that neither the order of rows nor threads nor
/// ranks change a bit, and a row can be taken out again. A value is rounded to 2^-scale, at most
/// 2^-41 of the largest up to a million rows.
class ExactSums {
 public:
  /// For clusters of up to `rows` rows altogether, of values up to `largest` in size.
  ExactSums(int64_t clusters, int64_t dim, int64_t rows, double largest);

  /// Row i goes from cluster before[i] (kNone: from nowhere) to after[i]; sizes follow.
  void move(const Matrix& rows,
            std::span<const uint32_t> before,
            std::span<const uint32_t> after,
            size_t threads);
  /// sum [dim] of a cluster in double.
  void sum_of(int64_t cluster, std::span<double> sum) const;
  int64_t size_of(int64_t cluster) const { return numbers_[clusters_ * dim_ + cluster]; }

  /// [clusters * dim + clusters]: what other ranks' may be added to.
  const std::vector<int64_t>& numbers() const { return numbers_; }
  void set_numbers(std::vector<int64_t> numbers) { numbers_ = std::move(numbers); }

  static constexpr uint32_t kNone = 0xFFFFFFFF;

 private:
  int64_t clusters_, dim_;
  double scale_;
  std::vector<int64_t> numbers_;
};

/// The largest size of a value; NaN if one is no finite number.
double largest_of(const Matrix& rows, size_t threads);

}  // namespace troodon::index
