#include "engine/engine.hpp"

#include <algorithm>
#include <cmath>

namespace troodon::engine {

std::vector<int64_t> item_shape(const EngineOptions& options, int64_t dim, int64_t patches) {
  switch (options.output) {
    case Output::pooled:
      return {2 * dim};
    case Output::patches:
      return {patches, dim};
    case Output::layers:
      return {options.layers, dim};
    case Output::probe:
      return {options.layers + 1, dim};
    case Output::blocks:
      return {
          static_cast<int64_t>(chosen_blocks(options, options.layers).size()), 1 + patches, dim};
    case Output::blocks_and_cls:
      return {static_cast<int64_t>(options.blocks.size()) * (1 + patches) + 1, dim};
    default:
      return {dim};
  }
}

bool ends_with_class(const EngineOptions& options, int64_t depth) {
  return options.output == Output::cls || options.output == Output::layers ||
         (options.output == Output::blocks_and_cls && options.blocks.back() + 1 < depth);
}

std::vector<int64_t> chosen_blocks(const EngineOptions& options, int64_t depth) {
  const bool named = options.output == Output::blocks || options.output == Output::blocks_and_cls;
  if (named && !options.blocks.empty()) return options.blocks;
  std::vector<int64_t> out;
  for (int64_t i = std::max<int64_t>(depth - options.layers, 0); i < depth; ++i) out.push_back(i);
  return out;
}

size_t item_size(const EngineOptions& options, int64_t dim, int64_t patches) {
  size_t size = 1;
  for (const int64_t side : item_shape(options, dim, patches)) size *= static_cast<size_t>(side);
  return size;
}

Fidelity compare_rows(std::span<const float> exact, std::span<const float> rough, size_t width) {
  Fidelity out{.pictures = exact.size() / width, .mean_cosine = 0, .smallest_cosine = 1};
  for (size_t row = 0; row < out.pictures; ++row) {
    double dot = 0, a = 0, b = 0;
    for (size_t i = row * width; i < (row + 1) * width; ++i) {
      dot += static_cast<double>(exact[i]) * rough[i];
      a += static_cast<double>(exact[i]) * exact[i];
      b += static_cast<double>(rough[i]) * rough[i];
    }
    const double cosine = dot / std::max(std::sqrt(a * b), 1e-30);
    out.mean_cosine += cosine / static_cast<double>(out.pictures);
    out.smallest_cosine = std::min(out.smallest_cosine, cosine);
  }
  return out;
}

}  // namespace troodon::engine
