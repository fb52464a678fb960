#include "index/rows.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.hpp"
#include "index/exact_sums.hpp"

namespace troodon::index {
namespace {

constexpr int64_t kRead = 16384;  // rows

void make_unit(std::span<float> values, int64_t first, int64_t dim) {
  const auto count = static_cast<int64_t>(values.size()) / std::max<int64_t>(dim, 1);
  if (std::isnan(largest_of({values.data(), count, dim}, 1)))
    fail(Exit::input,
         "among the vectors {} to {} is one with values that are not finite numbers",
         first,
         first + count - 1);
  normalize_rows(values, dim);
}

}  // namespace

Rows rows_of(const Matrix& matrix) {
  return {.rows = matrix.rows,
          .dim = matrix.dim,
          .read = [matrix](int64_t first,
                           int64_t count,
                           float* out) { std::copy_n(matrix.row(first), count * matrix.dim, out); },
          .memory = matrix.data};
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

Rows chosen(Rows rows, std::vector<int64_t> which) {
  const auto count = static_cast<int64_t>(which.size());
  return {.rows = count,
          .dim = rows.dim,
          .read = [dim = rows.dim, all = std::move(rows.read), which = std::move(which)](
                      int64_t first, int64_t wanted, float* out) {
            for (int64_t i = 0; i < wanted;) {  // runs of neighbours in one go
              int64_t run = 1;
              const auto at = which.begin() + first + i;
              while (i + run < wanted && at[run] == at[0] + run) ++run;
              all(at[0], run, out + i * dim);
              i += run;
            }
          }};
}

Rows unit(Rows rows) {
  return {.rows = rows.rows,
          .dim = rows.dim,
          .read = [dim = rows.dim, read = std::move(rows.read)](
                      int64_t first, int64_t count, float* out) {
            read(first, count, out);
            make_unit({out, static_cast<size_t>(count * dim)}, first, dim);
          }};
}

Rows held(const Rows& rows, int64_t first, int64_t count) {
  auto values = std::make_shared<std::vector<float>>(static_cast<size_t>(count * rows.dim));
  for (int64_t at = 0; at < count; at += kRead)  // bit by bit, as the source may hold what it reads
    rows.read(first + at, std::min(kRead, count - at), values->data() + at * rows.dim);
  const float* origin = values->data() - first * rows.dim;
  return {.rows = rows.rows,
          .dim = rows.dim,
          .read =
              [values, origin, dim = rows.dim](int64_t from, int64_t some, float* out) {
                std::copy_n(origin + from * dim, some * dim, out);
              },
          .memory = origin};
}

Rows held_if_small(const Rows& rows, int64_t first, int64_t count, int64_t bytes) {
  const bool fits = count * rows.dim * static_cast<int64_t>(sizeof(float)) <= bytes;
  return rows.memory == nullptr && fits ? held(rows, first, count) : rows;
}

Matrix block_of(const Rows& rows, int64_t first, int64_t count, std::vector<float>& buffer) {
  if (rows.memory != nullptr) return {rows.memory + first * rows.dim, count, rows.dim};
  buffer.resize(static_cast<size_t>(count * rows.dim));
  rows.read(first, count, buffer.data());
  return {buffer.data(), count, rows.dim};
}

std::vector<float> gather_rows(const Rows& rows, std::span<const int64_t> indices) {
  std::vector<float> out(indices.size() * static_cast<size_t>(rows.dim));
  for (size_t i = 0; i < indices.size(); ++i)
    rows.read(indices[i], 1, out.data() + static_cast<int64_t>(i) * rows.dim);
  return out;
}

std::vector<float> gather_rows(const Matrix& rows, std::span<const int64_t> indices) {
  return gather_rows(rows_of(rows), indices);
}

std::vector<float> read_unit_rows(const Rows& rows, int64_t first, int64_t count) {
  std::vector<float> out(static_cast<size_t>(count * rows.dim));
  rows.read(first, count, out.data());
  make_unit(out, first, rows.dim);
  return out;
}

std::vector<float> read_unit_rows(const Rows& rows, std::span<const int64_t> which) {
  std::vector<float> out = gather_rows(rows, which);
  normalize_rows(out, rows.dim);
  return out;
}

}  // namespace troodon::index
