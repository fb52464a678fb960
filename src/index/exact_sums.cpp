#include "index/exact_sums.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/parallel.hpp"

namespace troodon::index {
namespace {

// Added to a number below 2^51 in size it leaves the whole number in the low bits.
constexpr double kMagic = 0x1.8p52;

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define TROODON_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define TROODON_CLONES
#endif

/// sum += sign * round(row * scale).
TROODON_CLONES
void add_row(const float* row, int64_t dim, double scale, int64_t sign, int64_t* sum) {
  using Floats = float __attribute__((vector_size(32)));
  using Doubles = double __attribute__((vector_size(64)));
  using Wholes = int64_t __attribute__((vector_size(64)));
  const auto zero = std::bit_cast<int64_t>(kMagic);
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8) {
    Floats values;
    Wholes total;
    std::memcpy(&values, row + d, sizeof(values));
    std::memcpy(&total, sum + d, sizeof(total));
    const Doubles shifted = __builtin_convertvector(values, Doubles) * scale + kMagic;
    Wholes bits;
    std::memcpy(&bits, &shifted, sizeof(bits));
    total += (bits - zero) * sign;
    std::memcpy(sum + d, &total, sizeof(total));
  }
  for (; d < dim; ++d) sum[d] += (std::bit_cast<int64_t>(row[d] * scale + kMagic) - zero) * sign;
}

TROODON_CLONES
float largest_of(const float* values, int64_t count) {
  float out = 0;
  float nothing = 0;  // NaN as soon as a value is not finite
  for (int64_t i = 0; i < count; ++i) {
    nothing += values[i] * 0;
    out = std::max(out, std::abs(values[i]));
  }
  return out + nothing;
}

}  // namespace

ExactSums::ExactSums(int64_t clusters, int64_t dim, int64_t rows, double largest)
    : clusters_(clusters), dim_(dim), numbers_(static_cast<size_t>(clusters * (dim + 1))) {
  // |value| * scale < 2^50, and rows of them together < 2^62.
  const int top = std::ilogb(std::max(largest, 1e-300)) + 1;
  const int room = std::min(50, 62 - static_cast<int>(std::bit_width(static_cast<uint64_t>(rows))));
  scale_ = std::ldexp(1.0, room - top);
}

void ExactSums::move(const Matrix& rows,
                     std::span<const uint32_t> before,
                     std::span<const uint32_t> after,
                     size_t threads) {
  std::vector<int64_t> moved;
  for (int64_t i = 0; i < rows.rows; ++i) {
    if (before[i] != after[i]) moved.push_back(i);
  }
  // A cluster is one thread's alone.
  const size_t parts = 4 * (threads == 0 ? core_count() : threads);
  const auto change = [&](uint32_t cluster, int64_t row, int64_t sign, size_t part) {
    if (cluster == kNone || cluster % parts != part) return;
    add_row(rows.row(row), dim_, scale_, sign, numbers_.data() + int64_t{cluster} * dim_);
    numbers_[clusters_ * dim_ + cluster] += sign;
  };
  parallel_for(
      parts,
      [&](size_t part) {
        for (const int64_t i : moved) {
          change(before[i], i, -1, part);
          change(after[i], i, 1, part);
        }
      },
      threads);
}

void ExactSums::sum_of(int64_t cluster, std::span<double> sum) const {
  for (int64_t d = 0; d < dim_; ++d)
    sum[d] = static_cast<double>(numbers_[cluster * dim_ + d]) / scale_;
}

double largest_of(const Matrix& rows, size_t threads) {
  constexpr int64_t kRows = 4096;
  std::vector<float> largest(static_cast<size_t>((rows.rows + kRows - 1) / kRows));
  parallel_for(
      largest.size(),
      [&](size_t i) {
        const int64_t first = static_cast<int64_t>(i) * kRows;
        largest[i] = largest_of(rows.row(first), std::min(kRows, rows.rows - first) * rows.dim);
      },
      threads);
  double out = 0;
  for (const float value : largest) {
    if (std::isnan(value)) return std::numeric_limits<double>::quiet_NaN();
    out = std::max<double>(out, value);
  }
  return out;
}

}  // namespace troodon::index
