#include "evaluate/looking.hpp"

#include <cmath>

#include "base/error.hpp"

namespace troodon::evaluate {
namespace {

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

}  // namespace

frozen::DenseOptions dense_options(const Looking& looking, int64_t layers, bool norm) {
  return {.model = looking.model,
          .layers = layers,
          .norm = norm,
          .size = looking.size,
          .grid = looking.grid,
          .backend = looking.backend,
          .cache = looking.cache,
          .threads = looking.threads,
          .device = looking.device,
          .progress = looking.progress};
}

infer::Embedder embedder_of(const Looking& looking, int64_t layers) {
  constexpr infer::Fit kFits[] = {infer::Fit::crop, infer::Fit::pad, infer::Fit::stretch};
  if (looking.resize > infer::Resize::stretch)
    fail(Exit::usage, "whole pictures are cropped, padded or stretched to one size here");
  return {looking.model,
          {.device = looking.device,
           .size = looking.size,
           .fit = kFits[static_cast<size_t>(looking.resize)],
           .output = infer::Output::probe,
           .layers = layers,
           .backend = looking.backend,
           .precision = looking.precision,
           .threads = looking.threads}};
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

}  // namespace troodon::evaluate
