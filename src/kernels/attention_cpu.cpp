#include "kernels/attention_cpu.hpp"

namespace troodon::kernels {
namespace {

constexpr int64_t kMaxDim = 256;
constexpr int64_t kMaxRows = 66;  // a 128-pixel crop's 65 tokens and fewer in one go
constexpr int kTileRows = 6;
constexpr int64_t kMostLanes = 16;

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx512f,avx2,fma")
namespace avx512 {
constexpr int64_t kLanes = 16;
constexpr int kTileVectors = 4;  // 24 of 32 registers hold sums
#include "kernels/attention_loops.inl"
}  // namespace avx512
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr int64_t kLanes = 8;
constexpr int kTileVectors = 2;  // 12 of 16
#include "kernels/attention_loops.inl"
}  // namespace avx2
#pragma GCC pop_options
#endif

namespace plain {
constexpr int64_t kLanes = 4;
constexpr int kTileVectors = 2;
#include "kernels/attention_loops.inl"
}  // namespace plain

int64_t rounded_up(int64_t n) {
  return (n + kMostLanes - 1) / kMostLanes * kMostLanes;
}

}  // namespace

bool attention_takes(int64_t dim) {
  return dim > 0 && dim % 8 == 0 && dim <= kMaxDim;
}

size_t attention_scratch(int64_t length, int64_t dim) {
  const int64_t wide = rounded_up(length), thick = rounded_up(dim);
  return static_cast<size_t>(2 * dim * wide + 3 * length * thick +
                             kMaxRows * (3 * thick + 2 * wide));
}

const std::vector<AttentionKernels>& attention_kernels() {
  static const std::vector<AttentionKernels> found = [] {
    std::vector<AttentionKernels> here;
#if defined(__x86_64__)
    const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (fma && __builtin_cpu_supports("avx512f")) {
      here.push_back({"avx512f", avx512::forward, avx512::backward});
    }
    if (fma) here.push_back({"avx2", avx2::forward, avx2::backward});
#endif
    here.push_back({"plain", plain::forward, plain::backward});
    return here;
  }();
  return found;
}

}  // namespace troodon::kernels
