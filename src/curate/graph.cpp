#include "curate/graph.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "curate/neighbour_lists.hpp"
#include "curate/pairs.hpp"

namespace troodon::curate {
namespace {

constexpr int64_t kBlock = 4096;  // rows compared with each other at once; bounds their pairs

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

/// Compares `held` rows from the `first` with each other and with all that follow.
void compare(const Rows& rows,
             int64_t first,
             int64_t held,
             const GraphOptions& options,
             NeighbourLists& lists) {
  const auto values = read_unit_rows(rows, first, held);
  const auto ids = numbers(first, held);
  const auto meet = [&](const Block& later) {
    const Base base(later);
    for (int64_t at = 0; at < held && ids[at] <= later.ids.back(); at += kBlock)
      lists.offer(pairs_above(
          part(values, ids, at, rows.dim), base, options.threshold, false, options.threads));
  };
  for (int64_t at = 0; at < held; at += kBlock) meet(part(values, ids, at, rows.dim));
  for (int64_t at = first + held; at < rows.rows; at += kBlock) {
    const int64_t count = std::min(kBlock, rows.rows - at);
    const auto block = read_unit_rows(rows, at, count);
    const auto block_ids = numbers(at, count);
    meet({.rows = {block.data(), count, rows.dim}, .ids = block_ids});
  }
}

}  // namespace

Graph exact_graph(const Rows& rows, const GraphOptions& options) {
  if (rows.rows >= std::numeric_limits<uint32_t>::max())
    fail("a graph has fewer than 2^32 rows, not {}", rows.rows);
  NeighbourLists lists(rows.rows, options.neighbours);
  const int64_t held =
      std::max(kBlock, options.memory_bytes / (std::max<int64_t>(rows.dim, 1) * 4));
  for (int64_t first = 0; first < rows.rows; first += held)
    compare(rows, first, std::min(held, rows.rows - first), options, lists);
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
