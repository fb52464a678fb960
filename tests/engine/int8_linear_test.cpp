#include "engine/int8_linear.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace troodon::engine {
namespace {

std::vector<float> normal(size_t count, uint32_t seed, float scale = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> draw(0, scale);
  std::vector<float> out(count);
  for (float& value : out) value = draw(generator);
  return out;
}

struct Shape {
  int64_t rows, inputs, outputs;
};

/// Whole and broken tiles, panels and pairs.
constexpr Shape kShapes[] = {{1, 1, 1}, {6, 32, 16}, {7, 33, 17}, {257, 48, 144}, {13, 4096, 40}};

TEST(Int8Linear, EveryCpuAndNumberOfThreadsGivesThePlainLoopsBits) {
  for (const auto& [rows, inputs, outputs] : kShapes) {
    const auto x = normal(static_cast<size_t>(rows * inputs), 1);
    const auto weight = normal(static_cast<size_t>(outputs * inputs), 2, 0.02F);
    const auto weights = quantise(weight, normal(static_cast<size_t>(outputs), 3), inputs);
    std::vector<float> plain(static_cast<size_t>(rows * outputs)), one(plain), three(plain);
    int8_linear_plain(x.data(), rows, weights, plain.data());
    int8_linear(x.data(), rows, weights, one.data());
    int8_linear(x.data(), rows, weights, three.data(), /*threads=*/3);
    EXPECT_EQ(plain, one) << rows << " " << inputs << " " << outputs;
    EXPECT_EQ(plain, three) << rows << " " << inputs << " " << outputs;
  }
}

TEST(Int8Linear, IsNearTheExactProduct) {
  const Shape shape{64, 384, 96};
  const auto x = normal(static_cast<size_t>(shape.rows * shape.inputs), 4);
  const auto weight = normal(static_cast<size_t>(shape.outputs * shape.inputs), 5, 0.02F);
  const auto bias = normal(static_cast<size_t>(shape.outputs), 6);
  std::vector<float> out(static_cast<size_t>(shape.rows * shape.outputs));
  int8_linear(x.data(), shape.rows, quantise(weight, bias, shape.inputs), out.data());
  double error = 0, size = 0;
  for (int64_t r = 0; r < shape.rows; ++r) {
    for (int64_t o = 0; o < shape.outputs; ++o) {
      double exact = bias[static_cast<size_t>(o)];
      for (int64_t i = 0; i < shape.inputs; ++i) {
        exact += static_cast<double>(x[static_cast<size_t>(r * shape.inputs + i)]) *
                 weight[static_cast<size_t>(o * shape.inputs + i)];
      }
      error += std::pow(out[static_cast<size_t>(r * shape.outputs + o)] - exact, 2);
      size += exact * exact;
    }
  }
  // Weights of standard normal draws reach about 3 sigma: a step is 3/127 sigma, its error a
  // twelfth of the square: 0.7 % of the product; the bias is exact.
  EXPECT_LT(std::sqrt(error / size), 0.008);
  EXPECT_GT(std::sqrt(error / size), 0.0005);  // it did round
}

TEST(Int8Linear, TheLargestRowsDoNotOverflow) {
  constexpr int64_t kInputs = 8192;  // all at the end of their range, all sums of one sign
  const std::vector<float> x(kInputs, 1000.0F), weight(kInputs, 0.5F);
  float out = 0;
  int8_linear(x.data(), 1, quantise(weight, {}, kInputs), &out);
  EXPECT_NEAR(out, 1000.0 * 0.5 * kInputs, 1e-3 * 1000.0 * 0.5 * kInputs);
}

TEST(Int8Linear, ZeroRowsAndZeroWeightsGiveTheBias) {
  const std::vector<float> zeros(64), bias = {1.5F, -2.0F};
  std::vector<float> out(4);
  int8_linear(zeros.data(), 2, quantise(zeros, bias, 32), out.data());
  EXPECT_EQ(out, (std::vector<float>{1.5F, -2.0F, 1.5F, -2.0F}));
}

}  // namespace
}  // namespace troodon::engine
