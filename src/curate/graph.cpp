#include "curate/graph.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "curate/neighbour_lists.hpp"
#include "curate/pairs.hpp"

namespace troodon::curate {
namespace {

constexpr int64_t kBlock = 4096;        // rows compared with each other at once; bounds their pairs
constexpr int64_t kPiece = 4 * kBlock;  // rows of a piece, compared with all that follow

std::vector<uint32_t> numbers(int64_t first, int64_t count) {
  std::vector<uint32_t> out(static_cast<size_t>(count));
  std::iota(out.begin(), out.end(), static_cast<uint32_t>(first));
  return out;
}

/// A part of rows that are in memory.
Block part(const std::vector<float>& values,
           std::span<const uint32_t> ids,
           int64_t first,
           int64_t dim) {
  const int64_t count = std::min(kBlock, static_cast<int64_t>(ids.size()) - first);
  return {.rows = {values.data() + first * dim, count, dim}, .ids = ids.subspan(first, count)};
}

/// Compares `count` rows from the `first` with each other and with all that follow.
void compare(const Rows& rows,
             int64_t first,
             int64_t count,
             const GraphOptions& options,
             NeighbourLists& lists) {
  const auto values = read_unit_rows(rows, first, count);
  const auto ids = numbers(first, count);
  const auto meet = [&](const Block& later) {
    const Base base(later);
    for (int64_t at = 0; at < count && ids[at] <= later.ids.back(); at += kBlock)
      lists.offer(pairs_above(
          part(values, ids, at, rows.dim), base, options.threshold, false, options.threads));
  };
  for (int64_t at = 0; at < count; at += kBlock) meet(part(values, ids, at, rows.dim));
  for (int64_t at = first + count; at < rows.rows; at += kBlock) {
    const int64_t some = std::min(kBlock, rows.rows - at);
    const auto block = read_unit_rows(rows, at, some);
    const auto block_ids = numbers(at, some);
    meet({.rows = {block.data(), some, rows.dim}, .ids = block_ids});
  }
}

}  // namespace

Graph exact_graph(const Rows& rows, const GraphOptions& options, const Work& work) {
  if (rows.rows >= std::numeric_limits<uint32_t>::max())
    fail("a graph has fewer than 2^32 rows, not {}", rows.rows);
  const Rows near = held_if_small(rows, 0, rows.rows, options.memory_bytes);
  NeighbourLists lists(rows.rows, options.neighbours), piece(rows.rows, options.neighbours);
  work.pieces(
      {.name = "pairs",
       .count = static_cast<size_t>((rows.rows + kPiece - 1) / kPiece),
       .items = static_cast<size_t>(rows.rows),
       .label = "neighbours"},
      [&](size_t i) {
        const int64_t first = static_cast<int64_t>(i) * kPiece;
        compare(near, first, std::min(kPiece, rows.rows - first), options, piece);
        return piece.take();
      },
      [&](size_t, std::string_view bytes) { lists.offer_taken(bytes); });
  auto found = std::move(lists).edges();
  return {.edges = std::move(found.edges), .directed = found.directed};
}

std::vector<Edge> exact_edges_of(const Rows& rows,
                                 std::span<const int64_t> which,
                                 const GraphOptions& options) {
  const auto values = read_unit_rows(rows, which);
  const std::vector<uint32_t> ids(which.begin(), which.end());
  NeighbourLists lists(rows.rows, options.neighbours);
  for (int64_t at = 0; at < rows.rows; at += kBlock) {
    const int64_t count = std::min(kBlock, rows.rows - at);
    const auto block = read_unit_rows(rows, at, count);
    const auto block_ids = numbers(at, count);
    const Base base({.rows = {block.data(), count, rows.dim}, .ids = block_ids});
    for (int64_t first = 0; first < static_cast<int64_t>(ids.size()); first += kBlock) {
      for (const Edge& pair : pairs_above(
               part(values, ids, first, rows.dim), base, options.threshold, true, options.threads))
        lists.offer(pair.a, pair.b, pair.similarity);
    }
  }
  return std::move(lists).edges().edges;
}

}  // namespace troodon::curate
