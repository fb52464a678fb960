#include "kernels/amx/gemm.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "base/tiles.hpp"

namespace troodon::kernels {
namespace {

std::vector<float> drawn(int64_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> out(static_cast<size_t>(n));
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

float element(const Factor& f, int64_t i, int64_t k) {
  return f.turned ? f.data[k * f.stride + i] : f.data[i * f.stride + k];
}

TEST(TileGemm, IsAsExactAsFloat32WhicheverWayTheFactorsLie) {
  if (!has_tiles()) GTEST_SKIP() << "this CPU has no AMX tiles";
  for (const auto& [rows, outputs, inner] :
       {GemmShape{1, 1, 1}, {16, 32, 32}, {33, 70, 50}, {7, 31, 900}, {570, 40, 33}}) {
    const auto left = drawn(rows * inner, 1), right = drawn(outputs * inner, 2);
    const auto bias = drawn(outputs, 3);
    for (int way = 0; way < 8; ++way) {
      SCOPED_TRACE(way + 10 * rows);
      const Factor a{left.data(), way % 2 ? rows : inner, way % 2 == 1};
      const Factor b{right.data(), way / 2 % 2 ? outputs : inner, way / 2 % 2 == 1};
      const float* add = way / 4 ? bias.data() : nullptr;
      const int64_t stride = outputs + 3;
      std::vector<float> out(static_cast<size_t>(rows * stride), 9);
      tile_gemm({rows, outputs, inner}, a, b, add, out.data(), stride);
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t o = 0; o < outputs; ++o) {
          double expected = add == nullptr ? 0 : add[o], size = 1;
          for (int64_t k = 0; k < inner; ++k) {
            const double term = static_cast<double>(element(a, i, k)) * element(b, o, k);
            expected += term, size += std::abs(term);
          }
          ASSERT_NEAR(out[static_cast<size_t>(i * stride + o)], expected, 5e-7 * size);
        }
        for (int64_t o = outputs; o < stride; ++o) {
          ASSERT_EQ(out[static_cast<size_t>(i * stride + o)], 9);  // not a float too far
        }
      }
    }
  }
}

}  // namespace
}  // namespace troodon::kernels
