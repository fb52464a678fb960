#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "image/pixels.hpp"

namespace troodon::infer {

/// Whoever wants to know more of pictures than their features, in the same pass.
struct Observer {
  /// What is to be kept of a picture: its file's bytes and its pixels, or why there are none (then
  /// the bytes may be missing, too). Called by several threads.
  std::function<std::string(std::span<const std::byte> stored, const Result<image::Image>& pixels)>
      see;
  /// What was seen of the pictures of a part, in order; called before that part counts as done, so
  /// that after a kill nothing is missing.
  std::function<void(int64_t part, const std::vector<std::string>& seen)> keep;

  explicit operator bool() const { return static_cast<bool>(see); }
};

}  // namespace troodon::infer
