#include "curate/components.hpp"

namespace troodon::curate {

std::vector<uint32_t> connected_components(uint32_t n, std::span<const Edge> edges) {
  UnionFind<uint32_t> sets(n);
  sets.unite(edges);
  return std::move(sets).roots();
}

}  // namespace troodon::curate
