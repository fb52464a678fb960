#pragma once

namespace troodon::kernels {

/// CUDA's autocast to bfloat16 while it lives, for this thread alone.
class Autocast {
 public:
  explicit Autocast(bool on);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

  /// Whether one lives in this thread: what a second computation must take over.
  static bool active();

 private:
  bool on_;
};

}  // namespace troodon::kernels
