#pragma once

#include <cstdint>
#include <vector>

#include "base/tiles.hpp"
#include "index/features.hpp"

namespace troodon::index {

/// A row's length and how far rounding to bfloat16 moves it, both rounded up: by Cauchy and Schwarz
/// they say how wrong a product of rounded rows may be.
struct Extent {
  float length = 0, error = 0;
};

/// Rows rounded to bfloat16 in the order of the CPU's tiles, for products that are 16 times as fast
/// as float32's and wrong by no more than bound() says. Needs has_tiles().
class RoughRows {
 public:
  static constexpr int64_t kRows = 2 * kTileRows;  ///< that meet at once
  enum class Side { base, queries };

  /// Rows [n, dim]; those of the base are negated.
  RoughRows(const Matrix& rows, Side side, size_t threads);

  const Extent& extent(int64_t row) const { return extents_[row]; }
  /// out[i * kRows + j] = minus the product of base row kRows * base_group + i and query
  /// kRows * query_group + j; 0 past the last rows. Between TileRegisters.
  static void products(const RoughRows& base,
                       int64_t base_group,
                       const RoughRows& queries,
                       int64_t query_group,
                       float* out);

 private:
  const uint16_t* tile(int64_t i) const { return values_.data() + i * inner_ * kValues; }
  void set_tile(const Matrix& rows, Side side, int64_t i);

  static constexpr int64_t kValues = kTileRows * kTileInner;
  int64_t inner_;
  std::vector<Extent> extents_;
  Lines<uint16_t> values_;  // [tiles][inner][16][32]
};

/// Length alone: of rows that stay float32.
Extent extent_of(const float* row, int64_t dim);

/// What |computed - true| <= rounding * |a| |b| may be for sums of `dim` float32 products in any
/// order, twice over: for the rough product and for the exact one.
float rounding_of(int64_t dim);

}  // namespace troodon::index
