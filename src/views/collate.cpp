#include "views/collate.hpp"

#include <algorithm>
#include <numeric>

namespace troodon::views {
namespace {

void list_hidden(BatchMasks& batch, int64_t patches) {
  for (auto crop = batch.masks.begin(); crop != batch.masks.end(); crop += patches) {
    const auto hidden = std::accumulate(crop, crop + patches, int64_t{0});
    for (auto patch = crop; patch != crop + patches; ++patch) {
      if (*patch == 0) continue;
      batch.indices.push_back(patch - batch.masks.begin());
      batch.weights.push_back(1.0F / static_cast<float>(hidden));
    }
  }
}

}  // namespace

std::vector<float> linspace(double first, double last, int64_t n) {
  const auto from = static_cast<float>(first), to = static_cast<float>(last);
  if (n == 1) return {from};
  std::vector<float> out(static_cast<size_t>(n));
  const float step = (to - from) / static_cast<float>(n - 1);
  for (int64_t i = 0; i < n; ++i) {
    // Each half counts from its own end, so that both ends are exact.
    out[i] =
        i < n / 2 ? from + step * static_cast<float>(i) : to - step * static_cast<float>(n - 1 - i);
  }
  return out;
}

BatchMasks collate_masks(int64_t crops, const CollateOptions& options, MaskDraws& draws) {
  const int64_t patches = options.mask.patches();
  const auto patches_float = static_cast<float>(patches);
  const auto masked_crops = static_cast<int64_t>(static_cast<double>(crops) * options.probability);
  const std::vector<float> edges = linspace(options.ratio_min, options.ratio_max, masked_crops + 1);
  BatchMasks batch;
  std::vector<std::vector<uint8_t>> masks(static_cast<size_t>(crops));
  for (int64_t i = 0; i < crops; ++i) {
    int64_t target = 0;
    if (i < masked_crops) {
      const float ratio = edges[i] + (edges[i + 1] - edges[i]) * static_cast<float>(draws.unit());
      target = static_cast<int64_t>(patches_float * ratio);
      batch.upperbound += static_cast<int64_t>(patches_float * edges[i + 1]);
    }
    masks[i] = block_mask(options.mask, target, draws);
  }
  batch.masks.reserve(static_cast<size_t>(crops * patches));
  for (const int64_t from : draws.permutation(crops)) {
    batch.masks.insert(batch.masks.end(), masks[from].begin(), masks[from].end());
  }
  list_hidden(batch, patches);
  return batch;
}

BatchMasks part_of_pictures(const BatchMasks& batch, int64_t patches, const PictureRange& range) {
  BatchMasks out;
  const auto pictures = static_cast<int64_t>(batch.masks.size()) / patches / 2;
  for (int64_t crop = 0; crop < 2; ++crop) {
    const auto from = batch.masks.begin() + (crop * pictures + range.first) * patches;
    out.masks.insert(out.masks.end(), from, from + range.count * patches);
  }
  list_hidden(out, patches);
  out.upperbound = std::min(batch.upperbound, 2 * range.count * patches);
  return out;
}

}  // namespace troodon::views
