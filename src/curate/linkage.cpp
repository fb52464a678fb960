#include "curate/linkage.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "curate/components.hpp"

namespace troodon::curate {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

std::vector<uint32_t> order_or_numbers(uint32_t n, std::span<const uint32_t> order) {
  if (!order.empty() && order.size() != n) fail("an order of {} rows for {}", order.size(), n);
  std::vector<uint32_t> out(order.begin(), order.end());
  out.resize(n);
  if (order.empty()) std::iota(out.begin(), out.end(), 0U);
  return out;
}

/// Each row's edges: to[begin[i]] ... to[begin[i + 1] - 1].
struct Adjacency {
  struct End {
    uint32_t row;
    float similarity;
  };
  std::vector<int64_t> begin;
  std::vector<End> ends;

  std::span<const End> of(uint32_t row) const {
    return std::span(ends).subspan(begin[row], begin[row + 1] - begin[row]);
  }
};

Adjacency adjacency_of(uint32_t n, std::span<const Edge> edges) {
  Adjacency out{.begin = std::vector<int64_t>(static_cast<size_t>(n) + 1),
                .ends = std::vector<Adjacency::End>(2 * edges.size())};
  for (const Edge& edge : edges) ++out.begin[edge.a + 1], ++out.begin[edge.b + 1];
  std::partial_sum(out.begin.begin(), out.begin.end(), out.begin.begin());
  std::vector<int64_t> next(out.begin.begin(), out.begin.end() - 1);
  for (const Edge& edge : edges) {
    out.ends[next[edge.a]++] = {edge.b, edge.similarity};
    out.ends[next[edge.b]++] = {edge.a, edge.similarity};
  }
  return out;
}

/// Fills in what follows from the representatives.
void count(Groups& groups) {
  const size_t n = groups.representative.size();
  std::vector<int64_t> sizes(n);
  std::vector<uint32_t> smallest(n, std::numeric_limits<uint32_t>::max());
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t r = groups.representative[i];
    groups.kept += r == i;
    groups.largest = std::max(groups.largest, ++sizes[r]);
    smallest[r] = std::min(smallest[r], i);
  }
  groups.group.resize(n);
  for (size_t i = 0; i < n; ++i) groups.group[i] = smallest[groups.representative[i]];
}

}  // namespace

std::vector<uint32_t> best_first(std::span<const Quality> qualities) {
  std::vector<uint32_t> out(qualities.size());
  std::iota(out.begin(), out.end(), 0U);
  std::ranges::stable_sort(out, [&](uint32_t i, uint32_t j) {
    const Quality &a = qualities[i], &b = qualities[j];
    if (a.pixels != b.pixels) return a.pixels > b.pixels;
    if (a.bytes != b.bytes) return a.bytes > b.bytes;
    return a.score > b.score;
  });
  return out;
}

Groups component_linkage(uint32_t n, std::span<const Edge> edges, std::span<const uint32_t> order) {
  const auto component = connected_components(n, edges);
  constexpr uint32_t kOpen = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> best(n, kOpen);
  for (const uint32_t row : order_or_numbers(n, order)) {
    if (best[component[row]] == kOpen) best[component[row]] = row;
  }
  Groups out{.representative = std::vector<uint32_t>(n), .similarity = std::vector<float>(n)};
  for (uint32_t i = 0; i < n; ++i) {
    out.representative[i] = best[component[i]];
    out.similarity[i] = out.representative[i] == i ? 1 : kNone;
  }
  for (const Edge& edge : edges) {
    if (out.representative[edge.a] == edge.b) out.similarity[edge.a] = edge.similarity;
    if (out.representative[edge.b] == edge.a) out.similarity[edge.b] = edge.similarity;
  }
  count(out);
  return out;
}

Groups star_linkage(uint32_t n, std::span<const Edge> edges, std::span<const uint32_t> order) {
  const Adjacency adjacency = adjacency_of(n, edges);
  const auto rows = order_or_numbers(n, order);
  std::vector<uint32_t> rank(n);
  for (uint32_t i = 0; i < n; ++i) rank[rows[i]] = i;
  Groups out{.representative = std::vector<uint32_t>(n), .similarity = std::vector<float>(n)};
  std::vector<uint8_t> kept(n);
  for (const uint32_t row : rows) {
    const Adjacency::End* best = nullptr;
    for (const auto& end : adjacency.of(row)) {
      if (!kept[end.row]) continue;
      if (best == nullptr || end.similarity > best->similarity ||
          (end.similarity == best->similarity && rank[end.row] < rank[best->row]))
        best = &end;
    }
    kept[row] = best == nullptr;
    out.representative[row] = best == nullptr ? row : best->row;
    out.similarity[row] = best == nullptr ? 1 : best->similarity;
  }
  count(out);
  return out;
}

}  // namespace troodon::curate
