#include "curate/water_filling.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "index/seeding.hpp"

namespace troodon::curate {
namespace {

int64_t filled(std::span<const int64_t> sizes, int64_t multiplier, int64_t level) {
  int64_t sum = 0;
  for (const int64_t size : sizes) sum += std::min(size * multiplier, level);
  return sum;
}

}  // namespace

int64_t water_level(std::span<const int64_t> sizes, int64_t target, int64_t multiplier) {
  int64_t low = 0;
  int64_t high = sizes.empty() ? 0 : *std::ranges::max_element(sizes) * multiplier;
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (filled(sizes, multiplier, middle) <= target) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::vector<int64_t> water_filling(std::span<const int64_t> sizes,
                                   int64_t target,
                                   int64_t multiplier,
                                   uint64_t seed) {
  if (target < 0 || multiplier < 1 || std::ranges::any_of(sizes, [](int64_t s) { return s < 0; }))
    fail("quotas need sizes and a target of at least 0 and a multiplier of at least 1");
  const int64_t level = water_level(sizes, target, multiplier);
  std::vector<int64_t> out(sizes.size()), higher;
  for (size_t i = 0; i < sizes.size(); ++i) {
    out[i] = std::min(sizes[i] * multiplier, level);
    if (sizes[i] * multiplier > level) higher.push_back(static_cast<int64_t>(i));
  }
  if (higher.empty()) return out;
  const int64_t rest = target - std::accumulate(out.begin(), out.end(), int64_t{0});
  for (const int64_t i : index::random_rows(static_cast<int64_t>(higher.size()), rest, seed))
    ++out[higher[i]];
  return out;
}

}  // namespace troodon::curate
