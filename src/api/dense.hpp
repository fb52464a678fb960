#pragma once

#include <mutex>

#include "base/error.hpp"
#include "frozen/dense.hpp"
#include "kernels/backend.hpp"
#include "troodon/interrupt.hpp"

namespace troodon::api {

/// MaskerOptions or MatcherOptions as the rooms have them.
template <class Options>
frozen::DenseOptions dense_options(const Options& options) {
  return {.model = options.model,
          .size = options.size,
          .grid = options.grid,
          .backend = static_cast<infer::Backend>(options.backend),
          .threads = static_cast<size_t>(options.threads),
          .device = options.device,
          .progress = ProgressStyle::none};
}

/// A network that looks at one picture after another, whoever asks.
class Dense {
 public:
  explicit Dense(const frozen::DenseOptions& options)
      : threads_(static_cast<int>(options.threads)), features_(options) {}

  frozen::Tokens look(const image::Image& picture) {
    if (interrupted()) fail(Exit::interrupted, "stopped before a picture");
    const std::lock_guard lock(turn_);
    kernels::use_threads(threads_);  // counts for the calling thread alone
    return features_.compute(picture);
  }

 private:
  int threads_;
  std::mutex turn_;
  frozen::DenseFeatures features_;
};

}  // namespace troodon::api
