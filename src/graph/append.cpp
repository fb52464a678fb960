#include "graph/append.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/half.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"

namespace troodon::graph {
namespace {

uint8_t draw_top(const GraphOptions& options, int64_t row) {
  const double uniform = Random(mix(options.seed, row)).uniform();
  const double top = -std::log(1 - uniform) / std::log(static_cast<double>(options.degree));
  return static_cast<uint8_t>(std::min(top, 30.0));
}

void store_original(Body& body, const float* row, int64_t at) {
  const int64_t dim = body.dim();
  if (body.options.originals == Originals::full) {
    std::memcpy(body.originals.own() + at * dim * 4, row, dim * 4);
  } else if (body.options.originals == Originals::half) {
    auto* to = reinterpret_cast<uint16_t*>(body.originals.own()) + at * dim;
    for (int64_t d = 0; d < dim; ++d) to[d] = to_half(row[d]);
  }
}

void check(const Body& body, const index::Matrix& rows) {
  if (rows.dim != body.dim())
    fail(Exit::input, "new rows have width {}, the graph {}", rows.dim, body.dim());
  if (rows.rows > kMostRows - body.rows)
    fail(Exit::input, "a graph holds at most {} rows; split the collection", kMostRows);
  for (int64_t i = 0; i < rows.rows; ++i) {
    if (!is_unit(rows.row(i), rows.dim))
      fail(Exit::input, "row {} has no unit length: normalise the features", i);
  }
}

}  // namespace

void append(Body& body, const index::Matrix& rows, size_t threads) {
  check(body, rows);
  const int64_t first = body.rows, all = first + rows.rows, stride = body.stride();
  body.codes.resize(all * stride, 128);
  body.links.resize(all * body.places(0), 0xFF);
  body.top.resize(all);
  body.upper_at.resize(all);
  body.removed.resize((all + 63) / 64);
  body.originals.resize(all * body.dim() * 2 * static_cast<int64_t>(body.options.originals));
  constexpr int64_t kPiece = 256;
  parallel_for((rows.rows + kPiece - 1) / kPiece,
               [&](size_t piece) {
                 std::vector<float> turned(rows.dim);
                 const int64_t end = std::min<int64_t>((piece + 1) * kPiece, rows.rows);
                 for (int64_t i = piece * kPiece; i < end; ++i) {
                   std::copy_n(rows.row(i), rows.dim, turned.data());
                   body.coder.turn(turned.data());
                   uint8_t* code = body.codes.own() + (first + i) * stride;
                   body.coder.round(turned.data(), reinterpret_cast<int8_t*>(code));
                   for (int64_t d = 0; d < stride; ++d) code[d] ^= 0x80;
                   store_original(body, rows.row(i), first + i);
                 }
               },
               threads);
  auto lists = static_cast<uint32_t>(body.upper.size() / body.places(1));
  for (int64_t row = first; row < all; ++row) {
    body.top.own()[row] = draw_top(body.options, row);
    body.upper_at.own()[row] = lists;
    lists += body.top[row];
  }
  body.upper.resize(static_cast<size_t>(lists) * body.places(1), 0xFF);
  body.rows = all;
}

}  // namespace troodon::graph
