#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/features.hpp"

namespace troodon::index {

/// Feature rows that need not fit in memory: whoever has them reads a block at a time.
struct Rows {
  int64_t rows = 0;
  int64_t dim = 0;
  /// Writes rows first ... first + count - 1 to out [count, dim]; called by one thread at a time.
  std::function<void(int64_t first, int64_t count, float* out)> read;
  const float* memory = nullptr;  ///< where all of them lie, row after row; nullptr: elsewhere
};

/// A matrix in memory, which must live as long.
Rows rows_of(const Matrix& matrix);

/// The rows of one and then those of the other. Throws Error if their widths differ.
Rows joined(Rows first, Rows second);

/// Rows by number, in the order of `which`.
Rows chosen(Rows rows, std::vector<int64_t> which);

/// The same rows at unit length. Reading throws Error (exit 4) for values that are not finite.
Rows unit(Rows rows);

/// The same rows, first ... first + count - 1 of which are read now and kept in memory. Others
/// cannot be read any more.
Rows held(const Rows& rows, int64_t first, int64_t count);

/// held() where these fit in so many bytes and are not in memory yet; else the same rows.
Rows held_if_small(const Rows& rows, int64_t first, int64_t count, int64_t bytes);

/// Some rows: where they lie, or read into `buffer`.
Matrix block_of(const Rows& rows, int64_t first, int64_t count, std::vector<float>& buffer);

/// Copies of some rows, one after the other: [indices, dim].
std::vector<float> gather_rows(const Rows& rows, std::span<const int64_t> indices);
std::vector<float> gather_rows(const Matrix& rows, std::span<const int64_t> indices);

/// Rows of unit length: [count, dim]. Throws Error (exit 4) for values that are not finite.
std::vector<float> read_unit_rows(const Rows& rows, int64_t first, int64_t count);

/// The same for some rows, ascending, in one pass.
std::vector<float> read_unit_rows(const Rows& rows, std::span<const int64_t> which);

}  // namespace troodon::index
