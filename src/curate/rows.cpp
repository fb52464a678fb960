#include "curate/rows.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace troodon::curate {
namespace {

constexpr int64_t kBlock = 4096;  // rows read at once when only some of them are wanted

}  // namespace

Rows rows_of(const index::Matrix& matrix) {
  return {.rows = matrix.rows,
          .dim = matrix.dim,
          .read = [matrix](int64_t first, int64_t count, float* out) {
            std::copy_n(matrix.row(first), count * matrix.dim, out);
          }};
}

Rows joined(Rows first, Rows second) {
  if (first.dim != second.dim) fail("features have widths {} and {}", first.dim, second.dim);
  const int64_t border = first.rows, dim = first.dim, rows = first.rows + second.rows;
  return {.rows = rows,
          .dim = dim,
          .read = [border, dim, first = std::move(first), second = std::move(second)](
                      int64_t from, int64_t count, float* out) {
            const int64_t mine = std::clamp<int64_t>(border - from, 0, count);
            if (mine > 0) first.read(from, mine, out);
            if (mine < count) second.read(from + mine - border, count - mine, out + mine * dim);
          }};
}

std::vector<float> read_unit_rows(const Rows& rows, int64_t first, int64_t count) {
  std::vector<float> out(static_cast<size_t>(count * rows.dim));
  rows.read(first, count, out.data());
  index::normalize_rows(out, rows.dim);
  return out;
}

std::vector<float> read_unit_rows(const Rows& rows, std::span<const int64_t> which) {
  std::vector<float> out(which.size() * static_cast<size_t>(rows.dim));
  std::vector<float> block;
  size_t next = 0;
  while (next < which.size()) {
    const int64_t first = which[next];
    const int64_t count = std::min(kBlock, rows.rows - first);
    block.resize(static_cast<size_t>(count * rows.dim));
    rows.read(first, count, block.data());
    for (; next < which.size() && which[next] < first + count; ++next)
      std::copy_n(block.data() + (which[next] - first) * rows.dim,
                  rows.dim,
                  out.data() + static_cast<int64_t>(next) * rows.dim);
  }
  index::normalize_rows(out, rows.dim);
  return out;
}

}  // namespace troodon::curate
