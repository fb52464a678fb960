#include "curate/sampling.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/random.hpp"
#include "curate/water_filling.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

/// The quotas of the clusters of level `below`, given those of the level above it.
std::vector<int64_t> share(const Hierarchy& hierarchy,
                           size_t below,
                           const std::vector<int64_t>& quotas,
                           const SamplingOptions& options) {
  const index::Kmeans& above = hierarchy.levels[below + 1].fit;
  const std::vector<int64_t>& points = hierarchy.levels[below].points;
  const index::Members children = index::members_of(above.cluster, above.clusters);
  std::vector<int64_t> out(points.size()), sizes;
  for (int64_t node = 0; node < above.clusters; ++node) {
    sizes.clear();
    for (const int64_t child : children.of(node)) sizes.push_back(points[child]);
    const auto shares =
        water_filling(sizes, quotas[node], options.multiplier, mix(options.seed, below + 1, node));
    for (size_t i = 0; i < shares.size(); ++i) out[children.of(node)[i]] = shares[i];
  }
  return out;
}

/// `quota` of the members, as many whole copies as fit and a part of one.
void take(std::span<const int64_t> members,
          int64_t quota,
          Pick pick,
          uint64_t seed,
          std::vector<int64_t>& out) {
  const auto size = static_cast<int64_t>(members.size());
  if (size == 0) return;
  for (int64_t copy = 0; copy < quota / size; ++copy)
    out.insert(out.end(), members.begin(), members.end());
  if (pick == Pick::closest) {
    out.insert(out.end(), members.begin(), members.begin() + quota % size);
  } else {
    for (const int64_t i : index::random_rows(size, quota % size, seed)) out.push_back(members[i]);
  }
}

}  // namespace

std::vector<int64_t> balanced_sample(const Hierarchy& hierarchy, const SamplingOptions& options) {
  if (hierarchy.levels.empty()) fail("nothing to sample from: the hierarchy has no levels");
  const size_t top = hierarchy.levels.size() - 1;
  auto quotas = water_filling(hierarchy.levels[top].points,
                              options.target,
                              options.multiplier,
                              mix(options.seed, top + 1, -1));
  for (size_t below = top; below-- > 0;) quotas = share(hierarchy, below, quotas, options);
  const index::Kmeans& lowest = hierarchy.levels[0].fit;
  const index::Members members = options.pick == Pick::closest
                                     ? closest_first(lowest)
                                     : index::members_of(lowest.cluster, lowest.clusters);
  std::vector<int64_t> out;
  for (int64_t c = 0; c < lowest.clusters; ++c)
    take(members.of(c), quotas[c], options.pick, mix(options.seed, 0, c), out);
  std::ranges::sort(out);
  return out;
}

}  // namespace troodon::curate
