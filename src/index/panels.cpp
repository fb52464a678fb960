#include "index/panels.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace troodon::index {
namespace {

using Lanes8 = float __attribute__((vector_size(32)));
using Lanes16 = float __attribute__((vector_size(64)));

/// What a kernel gets: one panel and the vectors that meet it.
struct Meeting {
  const float* const* vectors;
  const float* panel;    ///< [dim, kWidth]
  const float* offsets;  ///< [kWidth]
  int64_t dim;
  int64_t columns;  ///< of the panel's that hold rows, a multiple of 16
  float* scores;    ///< [kVectors, kWidth]
  float* least;     ///< [kVectors]
};

/// R vectors from the `first` times N registers of a panel from its column `column`; the sums stay
/// in registers over all of dim.
template <class Lanes, int R, int N>
__attribute__((always_inline)) inline void tile(const Meeting& m, int64_t first, int64_t column) {
  constexpr int64_t kLanes = sizeof(Lanes) / sizeof(float);
  Lanes sum[R][N] = {}, right[N];
  for (int64_t d = 0; d < m.dim; ++d) {
    const float* from = m.panel + d * Panels::kWidth + column;
#pragma GCC unroll 3
    for (int j = 0; j < N; ++j) std::memcpy(&right[j], from + j * kLanes, sizeof(Lanes));
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const float left = m.vectors[first + r][d];
#pragma GCC unroll 3
      for (int j = 0; j < N; ++j) sum[r][j] += left * right[j];
    }
  }
#pragma GCC unroll 3
  for (int j = 0; j < N; ++j)
    std::memcpy(&right[j], m.offsets + column + j * kLanes, sizeof(Lanes));
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    float* to = m.scores + (first + r) * Panels::kWidth + column;
    Lanes low = right[0] - sum[r][0];
    std::memcpy(to, &low, sizeof(Lanes));
#pragma GCC unroll 3
    for (int j = 1; j < N; ++j) {
      const Lanes score = right[j] - sum[r][j];
      std::memcpy(to + j * kLanes, &score, sizeof(Lanes));
      low = score < low ? score : low;
    }
    float least = m.least[first + r];
    for (int64_t i = 0; i < kLanes; ++i) least = low[i] < least ? low[i] : least;
    m.least[first + r] = least;
  }
}

template <class Lanes, int R, int N>
__attribute__((always_inline)) inline void strip(const Meeting& m, int64_t column) {
  for (int64_t v = 0; v < Panels::kVectors; v += R) tile<Lanes, R, N>(m, v, column);
}

/// As many vectors and registers at once as there are registers for.
template <class Lanes, int R>
__attribute__((always_inline)) inline void all_tiles(const Meeting& m) {
  constexpr int64_t kLanes = sizeof(Lanes) / sizeof(float);
  for (int64_t v = 0; v < Panels::kVectors; ++v)
    m.least[v] = std::numeric_limits<float>::infinity();
  int64_t column = 0;
  for (; column + 3 * kLanes <= m.columns; column += 3 * kLanes) strip<Lanes, R, 3>(m, column);
  if (column + 2 * kLanes <= m.columns) strip<Lanes, R, 2>(m, column), column += 2 * kLanes;
  if (column + kLanes <= m.columns) strip<Lanes, R, 1>(m, column);
}

using Kernel = void (*)(const Meeting&);

void plain_kernel(const Meeting& m) {
  all_tiles<Lanes8, 2>(m);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void avx2_kernel(const Meeting& m) {
  all_tiles<Lanes8, 4>(m);
}

__attribute__((target("avx512f,avx2,fma"))) void avx512_kernel(const Meeting& m) {
  all_tiles<Lanes16, 8>(m);
}
#endif

Kernel best_kernel() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return avx512_kernel;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2_kernel;
#endif
  return plain_kernel;
}

}  // namespace

Panels::Panels(const Matrix& rows, std::span<const float> offsets)
    : rows_(rows.rows), dim_(rows.dim) {
  values_.assign(static_cast<size_t>(count() * dim_ * kWidth), 0.0F);
  offsets_.assign(static_cast<size_t>(count() * kWidth), std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < rows_; ++i) {
    float* to = values_.data() + i / kWidth * dim_ * kWidth + i % kWidth;
    for (int64_t d = 0; d < dim_; ++d) to[d * kWidth] = rows.row(i)[d];
    offsets_[i] = offsets.empty() ? 0.0F : offsets[i];
  }
}

void Panels::scores(const float* const* vectors, int64_t panel, float* scores, float* least) const {
  static const Kernel kernel = best_kernel();
  const int64_t columns = std::min(kWidth, (rows_ - panel * kWidth + 15) / 16 * 16);
  std::fill_n(
      scores, columns < kWidth ? kVectors * kWidth : 0, std::numeric_limits<float>::infinity());
  kernel({.vectors = vectors,
          .panel = values_.data() + panel * dim_ * kWidth,
          .offsets = offsets_.data() + panel * kWidth,
          .dim = dim_,
          .columns = columns,
          .scores = scores,
          .least = least});
}

}  // namespace troodon::index
