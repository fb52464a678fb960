#include "curate/relative.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "curate/components.hpp"

namespace troodon::curate {
namespace {

/// The most similar reference that an edge leads to from each row of the pool.
void find_neighbours(uint32_t pool, std::span<const Edge> edges, Relative& out) {
  for (const Edge& edge : edges) {
    if (edge.a >= pool || edge.b < pool) continue;  // a < b: the reference is b
    const uint32_t reference = edge.b - pool;
    uint32_t& best = out.reference[edge.a];
    float& similarity = out.similarity[edge.a];
    if (best != Relative::kNone &&
        (edge.similarity < similarity || (edge.similarity == similarity && reference > best)))
      continue;
    best = reference;
    similarity = edge.similarity;
  }
}

/// Rows whose component has a reference get the lowest, unless they have one of their own.
void find_relations(uint32_t pool, uint32_t total, std::span<const Edge> edges, Relative& out) {
  const auto component = connected_components(total, edges);
  std::vector<uint32_t> lowest(total, Relative::kNone);
  std::vector<int64_t> sizes(total);
  for (uint32_t i = 0; i < total; ++i) {
    out.largest = std::max(out.largest, ++sizes[component[i]]);
    if (i >= pool) lowest[component[i]] = std::min(lowest[component[i]], i - pool);
  }
  for (uint32_t i = 0; i < pool; ++i) {
    if (out.reference[i] == Relative::kNone) out.reference[i] = lowest[component[i]];
  }
}

}  // namespace

Relative drop_relatives(uint32_t pool,
                        uint32_t total,
                        std::span<const Edge> edges,
                        RelativeMode mode) {
  if (pool > total) fail("a pool of {} rows in a graph of {}", pool, total);
  Relative out{.dropped = std::vector<uint8_t>(pool),
               .reference = std::vector<uint32_t>(pool, Relative::kNone),
               .similarity = std::vector<float>(pool, std::numeric_limits<float>::quiet_NaN())};
  find_neighbours(pool, edges, out);
  if (mode == RelativeMode::component) find_relations(pool, total, edges, out);
  for (uint32_t i = 0; i < pool; ++i)
    out.count += out.dropped[i] = out.reference[i] != Relative::kNone;
  return out;
}

}  // namespace troodon::curate
