#include "evaluate/looking.hpp"

#include <cmath>

#include "base/error.hpp"

namespace troodon::evaluate {

frozen::VectorOptions vector_options(const Looking& looking,
                                     const std::string& input,
                                     infer::Output output,
                                     int64_t layers) {
  return {.model = looking.model,
          .input = input,
          .output = output,
          .layers = layers,
          .size = looking.size,
          .resize = looking.resize,
          .backend = looking.backend,
          .precision = looking.precision,
          .cache = looking.cache,
          .threads = looking.threads,
          .device = looking.device,
          .strict = looking.strict,
          .progress = looking.progress};
}

frozen::DenseOptions dense_options(const Looking& looking, int64_t layers, bool norm) {
  frozen::DenseOptions out = {.model = looking.model,
                              .layers = layers,
                              .norm = norm,
                              .size = looking.size,
                              .backend = looking.backend,
                              .cache = looking.cache,
                              .threads = looking.threads,
                              .device = looking.device,
                              .progress = looking.progress};
  if (out.size == 0) out.size = looking.grid * frozen::DenseFeatures(out).patch_size();
  return out;
}

frozen::Vectors look(const Looking& looking,
                     const data::Source& source,
                     infer::Output output,
                     int64_t layers) {
  auto out = frozen::vectors(vector_options(looking, source.description, output, layers), source);
  const auto& features = out.features;
  for (size_t i = 0; i < features.values.size(); ++i) {
    if (std::isfinite(features.values[i])) continue;
    const size_t row = i / static_cast<size_t>(features.dim);
    fail(Exit::input,
         "{}: the features of {} are not finite numbers; is {} a sound model?",
         source.description,
         features.ids.empty() ? fmt::format("picture {}", row) : features.ids[row],
         looking.model.string());
  }
  return out;
}

std::vector<int64_t> depth_blocks(int64_t depth, int64_t layers) {
  if (layers == 1 || depth < layers) return {depth - 1};
  std::vector<int64_t> out;
  for (int64_t i = 1; i <= layers; ++i) out.push_back(i * depth / layers - 1);
  // Of 24 blocks the official heads take 4, 11, 17, 23; of all others the even steps above.
  if (depth == 24 && layers == 4) out[0] = 4;
  return out;
}

}  // namespace troodon::evaluate
