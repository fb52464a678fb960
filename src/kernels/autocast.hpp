#pragma once

#include <torch/types.h>

namespace troodon::kernels {

/// CUDA's autocast to a narrower type (bfloat16 or float16; float32: off) while it lives, for this
/// thread alone.
class Autocast {
 public:
  explicit Autocast(at::ScalarType type);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

  /// The type in this thread, float32 where none lives: what a second computation must take over.
  static at::ScalarType active();

 private:
  bool on_;
};

}  // namespace troodon::kernels
