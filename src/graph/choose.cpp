#include "graph/choose.hpp"

namespace troodon::graph {
namespace {

/// Links to rows with the same code that a row may have: some, or of three copies one is lost; not
/// only, or a thousand copies know of nothing else.
constexpr int kCopies = 6;

/// Whether a candidate is nearer to one of the chosen rows than to the row that chooses.
bool is_covered(const Body& body, Key candidate, Scratch& scratch) {
  constexpr size_t kAtOnce = 8;
  ask_row(body, row_of(candidate), scratch.other);
  int32_t products[kAtOnce];
  int as_near = 0;
  for (size_t at = 0; at < scratch.ids.size(); at += kAtOnce) {
    const size_t count = std::min(kAtOnce, scratch.ids.size() - at);
    compare(body, scratch.other, std::span(scratch.ids).subspan(at, count), products);
    for (size_t i = 0; i < count; ++i) {
      if (products[i] > product_of(candidate)) return true;
      as_near += products[i] == product_of(candidate) ? 1 : 0;
    }
  }
  return as_near >= kCopies;
}

}  // namespace

void choose(const Body& body, std::span<const Key> candidates, int64_t places, Scratch& scratch) {
  scratch.ids.clear();
  scratch.chosen.clear();
  for (const Key candidate : candidates) {
    if (static_cast<int64_t>(scratch.chosen.size()) == places) break;
    if (is_covered(body, candidate, scratch)) continue;
    scratch.chosen.push_back(candidate);
    scratch.ids.push_back(row_of(candidate));
  }
}

}  // namespace troodon::graph
