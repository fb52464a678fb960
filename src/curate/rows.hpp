#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/features.hpp"

namespace troodon::curate {

/// Feature rows that need not fit in memory: whoever has them reads a block at a time.
struct Rows {
  int64_t rows = 0;
  int64_t dim = 0;
  /// Writes rows first ... first + count - 1 to out [count, dim]; called by one thread at a time.
  std::function<void(int64_t first, int64_t count, float* out)> read;
};

/// A matrix in memory, which must live as long.
Rows rows_of(const index::Matrix& matrix);

/// The rows of one and then those of the other. Throws Error if their widths differ.
Rows joined(Rows first, Rows second);

/// Rows of unit length: [count, dim].
std::vector<float> read_unit_rows(const Rows& rows, int64_t first, int64_t count);

/// The same for some rows, ascending, in one pass.
std::vector<float> read_unit_rows(const Rows& rows, std::span<const int64_t> which);

}  // namespace troodon::curate
