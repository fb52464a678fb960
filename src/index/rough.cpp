#include "index/rough.hpp"

#include <bit>
#include <cmath>

#include "base/parallel.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#endif

namespace troodon::index {
namespace {

/// A length, rounded up to float32.
float up(double squares) {
  return static_cast<float>(std::sqrt(squares) * (1 + 1e-6));
}

/// The nearest bfloat16, ties to even; what tiles take for zero is zero.
uint16_t rounded(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return static_cast<uint16_t>(bits >> 16 | 0x40);
  if ((bits & 0x7F800000) == 0) return static_cast<uint16_t>(bits >> 16 & 0x8000);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

float widened(uint16_t value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value) << 16);
}

}  // namespace

Extent extent_of(const float* row, int64_t dim) {
  double squares = 0;
  for (int64_t d = 0; d < dim; ++d) squares += static_cast<double>(row[d]) * row[d];
  return {.length = up(squares)};
}

float rounding_of(int64_t dim) {
  return static_cast<float>(2 * (2 * dim + 16)) * 0x1p-24F;
}

RoughRows::RoughRows(const Matrix& rows, Side side, size_t threads)
    : inner_(tiles_for(rows.dim, kTileInner)), extents_(static_cast<size_t>(rows.rows)) {
  const int64_t tiles = 2 * tiles_for(rows.rows, kRows);
  values_.room(static_cast<size_t>(tiles * inner_ * kValues));
  parallel_for(
      static_cast<size_t>(tiles),
      [&](size_t i) { set_tile(rows, side, static_cast<int64_t>(i)); },
      threads);
}

void RoughRows::set_tile(const Matrix& rows, Side side, int64_t i) {
  uint16_t* const to = values_.data() + i * inner_ * kValues;
  std::fill_n(to, inner_ * kValues, uint16_t{0});
  for (int64_t r = 0; r < std::min(kTileRows, rows.rows - i * kTileRows); ++r) {
    const float* row = rows.row(i * kTileRows + r);
    double squares = 0, errors = 0;
    for (int64_t d = 0; d < rows.dim; ++d) {
      const uint16_t value = rounded(row[d]);
      const double off = static_cast<double>(row[d]) - widened(value);
      squares += static_cast<double>(row[d]) * row[d];
      errors += off * off;
      // A right factor stands in pairs of inputs: [pair][row][2].
      const int64_t k = d % kTileInner;
      const int64_t place =
          side == Side::base ? r * kTileInner + k : k / 2 * kTileInner + 2 * r + k % 2;
      to[d / kTileInner * kValues + place] = side == Side::base ? value ^ 0x8000 : value;
    }
    extents_[i * kTileRows + r] = {.length = up(squares), .error = up(errors)};
  }
}

#if defined(__x86_64__) && defined(__linux__)
TROODON_TILES void RoughRows::products(const RoughRows& base,
                                       int64_t base_group,
                                       const RoughRows& queries,
                                       int64_t query_group,
                                       float* out) {
  const uint16_t *a0 = base.tile(2 * base_group), *a1 = base.tile(2 * base_group + 1);
  const uint16_t *b0 = queries.tile(2 * query_group), *b1 = queries.tile(2 * query_group + 1);
  constexpr int kStride = kRows * sizeof(float);
  memory_is_seen(a0);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t k = 0; k < base.inner_; ++k) {
    _tile_loadd(4, a0 + k * kValues, 64);
    _tile_loadd(5, a1 + k * kValues, 64);
    _tile_loadd(6, b0 + k * kValues, 64);
    _tile_loadd(7, b1 + k * kValues, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, out, kStride);
  _tile_stored(1, out + kTileFloats, kStride);
  _tile_stored(2, out + kTileRows * kRows, kStride);
  _tile_stored(3, out + kTileRows * kRows + kTileFloats, kStride);
  memory_is_seen(out);
}
#else
void RoughRows::products(const RoughRows&, int64_t, const RoughRows&, int64_t, float*) {}
#endif

}  // namespace troodon::index
