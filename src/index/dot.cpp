#include "index/dot.hpp"

#include <cstring>

namespace troodon::index {
namespace {

using Lanes = float __attribute__((vector_size(32)));
constexpr int64_t kLanes = 8;

/// Q x B products at once: each loaded value is used several times. Unrolled, so that the sums stay
/// in registers.
template <int Q, int B>
__attribute__((always_inline)) inline void tile(
    const float* query, const float* row, int64_t dim, float* out, int64_t stride) {
  Lanes sum[Q][B] = {};
  int64_t d = 0;
  for (; d + kLanes <= dim; d += kLanes) {
    Lanes left[Q], right;
#pragma GCC unroll 4
    for (int q = 0; q < Q; ++q) std::memcpy(&left[q], query + q * dim + d, sizeof(Lanes));
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) {
      std::memcpy(&right, row + b * dim + d, sizeof(Lanes));
#pragma GCC unroll 4
      for (int q = 0; q < Q; ++q) sum[q][b] += left[q] * right;
    }
  }
#pragma GCC unroll 4
  for (int q = 0; q < Q; ++q) {
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) {
      const Lanes& s = sum[q][b];
      float total = ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
      for (int64_t i = d; i < dim; ++i) total += query[q * dim + i] * row[b * dim + i];
      out[q * stride + b] = total;
    }
  }
}

template <int Q>
__attribute__((always_inline)) inline void strip(const float* query,
                                                 const Matrix& rows,
                                                 float* out,
                                                 int64_t stride) {
  int64_t b = 0;
  for (; b + 3 <= rows.rows; b += 3) tile<Q, 3>(query, rows.row(b), rows.dim, out + b, stride);
  for (; b < rows.rows; ++b) tile<Q, 1>(query, rows.row(b), rows.dim, out + b, stride);
}

// One version per instruction set, picked at load time. The sanitizers' run time is not ready that
// early, so they get the plain version.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("default", "fma")))
#endif
void all_products(const Matrix& queries, const Matrix& rows, float* out, int64_t stride) {
  int64_t q = 0;
  for (; q + 4 <= queries.rows; q += 4) strip<4>(queries.row(q), rows, out + q * stride, stride);
  for (; q < queries.rows; ++q) strip<1>(queries.row(q), rows, out + q * stride, stride);
}

}  // namespace

void dot_products(const Matrix& queries, const Matrix& rows, float* out, int64_t stride) {
  all_products(queries, rows, out, stride);
}

}  // namespace troodon::index
