#include "views/masks.hpp"

#include <algorithm>
#include <cmath>

namespace troodon::views {
namespace {

struct MaskBlock {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

int64_t covered(const std::vector<uint8_t>& mask, const MaskBlock& block, int64_t columns) {
  int64_t count = 0;
  for (int64_t y = block.top; y < block.top + block.height; ++y) {
    for (int64_t x = block.left; x < block.left + block.width; ++x) count += mask[y * columns + x];
  }
  return count;
}

void cover(std::vector<uint8_t>& mask, const MaskBlock& block, int64_t columns) {
  for (int64_t y = block.top; y < block.top + block.height; ++y) {
    std::fill_n(mask.begin() + y * columns + block.left, block.width, 1);
  }
}

/// Tries to add one block of at most `limit` new patches; returns how many it added.
int64_t add_block(std::vector<uint8_t>& mask,
                  const MaskOptions& options,
                  double limit,
                  MaskDraws& draws) {
  const double low = std::log(options.min_aspect), high = std::log(1 / options.min_aspect);
  for (int attempt = 0; attempt < 10; ++attempt) {
    // A limit below min_block turns the range round; the draw then falls between the two.
    const double area = options.min_block + (limit - options.min_block) * draws.unit();
    const double aspect = std::exp(low + (high - low) * draws.unit());
    // nearbyint rounds halves to even, as Python does.
    MaskBlock block{.height = static_cast<int64_t>(std::nearbyint(std::sqrt(area * aspect))),
                    .width = static_cast<int64_t>(std::nearbyint(std::sqrt(area / aspect)))};
    if (block.width >= options.columns || block.height >= options.rows) continue;
    block.top = draws.integer(0, options.rows - block.height);
    block.left = draws.integer(0, options.columns - block.width);
    const int64_t added = block.height * block.width - covered(mask, block, options.columns);
    if (added <= 0 || static_cast<double>(added) > limit) continue;
    cover(mask, block, options.columns);
    return added;
  }
  return 0;
}

}  // namespace

double official_max_block(int64_t image, int64_t patch) {
  const auto size = static_cast<double>(image), step = static_cast<double>(patch);
  return std::floor(std::floor(0.5 * size / step) * size / step);
}

std::vector<uint8_t> block_mask(const MaskOptions& options, int64_t target, MaskDraws& draws) {
  std::vector<uint8_t> mask(static_cast<size_t>(options.patches()));
  for (int64_t count = 0; count < target;) {
    const double limit = std::min(static_cast<double>(target - count), options.max_block);
    const int64_t added = add_block(mask, options, limit, draws);
    if (added == 0) break;
    count += added;
  }
  return mask;
}

}  // namespace troodon::views
