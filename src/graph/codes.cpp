#include "graph/codes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/random.hpp"

namespace troodon::graph {
namespace {

constexpr int64_t kRounds = 4;
constexpr uint64_t kSignSeed = 0x70726F6E;  // part of the file format: never changes
/// Standard deviations of a turned coordinate that 127 stands for: less cuts, more coarsens.
constexpr double kReach = 4.2;

/// The Hadamard transform of n (a power of 2) values, times sqrt(1 / n).
void hadamard(float* x, int64_t n) {
  for (int64_t half = 1; half < n; half *= 2) {
    for (int64_t at = 0; at < n; at += 2 * half) {
      float* a = x + at;
      float* b = a + half;
      for (int64_t i = 0; i < half; ++i) {
        const float sum = a[i] + b[i], difference = a[i] - b[i];
        a[i] = sum, b[i] = difference;
      }
    }
  }
  const float scale = 1.0F / std::sqrt(static_cast<float>(n));
  for (int64_t i = 0; i < n; ++i) x[i] *= scale;
}

}  // namespace

Coder::Coder(int64_t dim)
    : dim_(dim),
      stride_((dim + 63) / 64 * 64),
      block_(static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(dim)))),
      step_(static_cast<float>(std::min(1.0, kReach / std::sqrt(static_cast<double>(dim))) / 127)) {
  Random random(kSignSeed);
  for (int64_t i = 0; i < kRounds * dim; ++i)
    signs_.push_back((random.next() >> 63) != 0 ? 1.0F : -1.0F);
}

void Coder::turn(float* x) const {
  for (int64_t round = 0; round < kRounds; ++round) {
    const float* sign = signs_.data() + round * dim_;
    for (int64_t d = 0; d < dim_; ++d) x[d] *= sign[d];
    hadamard(round % 2 == 0 ? x : x + dim_ - block_, block_);
  }
}

void Coder::round(const float* turned, int8_t* out) const {
  const float scale = 1 / step_;
  // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
  constexpr float kRound = 12582912.0F;
  for (int64_t d = 0; d < dim_; ++d) {
    const float value = std::min(std::max(turned[d] * scale, -127.0F), 127.0F);
    out[d] = static_cast<int8_t>((value + kRound) - kRound);
  }
  std::fill(out + dim_, out + stride_, int8_t{0});
}

void Coder::widen(const uint8_t* code, float* out) const {
  for (int64_t d = 0; d < dim_; ++d) out[d] = step_ * static_cast<float>(code[d] - 128);
  for (int64_t round = kRounds - 1; round >= 0; --round) {
    hadamard(round % 2 == 0 ? out : out + dim_ - block_, block_);  // its own inverse
    const float* sign = signs_.data() + round * dim_;
    for (int64_t d = 0; d < dim_; ++d) out[d] *= sign[d];
  }
}

bool is_unit(const float* x, int64_t dim) {
  double sum = 0;
  for (int64_t d = 0; d < dim; ++d) sum += static_cast<double>(x[d]) * x[d];
  return std::abs(std::sqrt(sum) - 1) <= 0.001;  // false for NaN, too
}

}  // namespace troodon::graph
