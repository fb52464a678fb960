#pragma once

#include "infer/predictor.hpp"
#include "troodon/predictor.hpp"

namespace troodon::api {

/// The same options as the rooms have them.
inline infer::PredictorOptions room_options(const PredictorOptions& options) {
  return {.device = options.device,
          .backend = static_cast<infer::Backend>(options.backend),
          .precision = static_cast<infer::Precision>(options.precision),
          .threads = static_cast<size_t>(options.threads),
          .size = options.size,
          .window = options.window,
          .stride = options.stride,
          .flip = options.flip,
          .confidence = options.confidence};
}

}  // namespace troodon::api
