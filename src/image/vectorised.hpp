#pragma once

namespace troodon::image {

#if defined(__x86_64__)
/// True when this CPU has 256-bit integer vectors.
inline bool has_avx2() {
  static const bool yes = __builtin_cpu_supports("avx2") != 0;
  return yes;
}

// By value: a store through uint8_t* could alias captures held by reference, and then the compiler
// would not vectorise.
template <class Loop>
__attribute__((target("avx2"))) void run_with_avx2(Loop loop) {
  loop();
}
#endif

/// Runs a plain loop compiled for the widest vectors of this CPU. Write it as a lambda with
/// `__attribute__((always_inline))` and local pointers, so that the compiler can vectorise it
/// twice. No fused multiply-add: both versions give the same bits.
template <class Loop>
void vectorised(Loop loop) {
#if defined(__x86_64__)
  if (has_avx2()) {
    run_with_avx2(loop);
    return;
  }
#endif
  loop();
}

}  // namespace troodon::image
