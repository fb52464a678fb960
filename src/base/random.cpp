#include "base/random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace troodon {

int64_t Random::integer(int64_t low, int64_t high) {
  // Multiply-shift maps 64 random bits to the range; its bias is below range / 2^64.
  const auto range = static_cast<uint64_t>(high - low) + 1;
  if (range == 0) return static_cast<int64_t>(next());
  return low + static_cast<int64_t>((static_cast<unsigned __int128>(next()) * range) >> 64);
}

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<int64_t> Random::permutation(int64_t n) {
  std::vector<int64_t> out(static_cast<size_t>(n));
  std::iota(out.begin(), out.end(), 0);
  for (int64_t i = n - 1; i > 0; --i) std::swap(out[i], out[integer(0, i)]);
  return out;
}

float TorchRandom::uniform(double low, double high) {
  const auto unit = static_cast<float>(engine_() & ((1U << 24) - 1)) * 0x1p-24F;
  const auto from = static_cast<float>(low);
  const auto to = static_cast<float>(high);
  return unit * (to - from) + from;
}

int64_t TorchRandom::randint(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low));
}

std::vector<int64_t> TorchRandom::randperm(int64_t n) {
  std::vector<int64_t> out(static_cast<size_t>(n));
  std::iota(out.begin(), out.end(), 0);
  for (int64_t i = 0; i < n - 1; ++i)
    std::swap(out[i], out[i + static_cast<int64_t>(engine_() % static_cast<uint64_t>(n - i))]);
  return out;
}

}  // namespace troodon
