#include "kernels/linear.hpp"

#include <gtest/gtest.h>

namespace troodon::kernels {
namespace {

using torch::Tensor;

struct Gradients {
  Tensor y, x, weight, bias;
};

Gradients run(Tensor (*op)(const Tensor&, const Tensor&, const Tensor&), torch::Dtype dtype) {
  torch::manual_seed(5);
  const auto leaf = [&](at::IntArrayRef shape) {
    return torch::randn(shape).to(dtype).requires_grad_();
  };
  const Tensor x = leaf({3, 37, 48}), weight = leaf({80, 48}), bias = leaf({80});
  const Tensor y = op(x, weight, bias);
  (y * torch::randn({3, 37, 80}).to(dtype)).sum().backward();
  return {y, x.grad(), weight.grad(), bias.grad()};
}

/// Against double precision, so that neither side is the truth.
void expect_accurate(const Tensor& actual, const Tensor& exact) {
  const double scale = exact.abs().max().item<double>();
  EXPECT_LE((actual.to(torch::kDouble) - exact).abs().max().item<double>(), 2e-6 * scale);
}

TEST(Linear, ValueAndGradientsAreThoseOfDoublePrecision) {
  const Gradients fast = run(linear, torch::kFloat), exact = run(linear_plain, torch::kDouble);
  expect_accurate(fast.y, exact.y);
  expect_accurate(fast.x, exact.x);
  expect_accurate(fast.weight, exact.weight);
  expect_accurate(fast.bias, exact.bias);
}

TEST(Linear, WorksWithoutBiasOnStridedAndEmptyInput) {
  const Tensor weight = torch::randn({5, 4});
  const Tensor strided = torch::randn({4, 6, 7}).permute({2, 1, 0});
  EXPECT_TRUE(torch::allclose(
      kernels::linear(strided, weight, {}), linear_plain(strided, weight, {}), 1e-5, 1e-6));
  EXPECT_EQ(kernels::linear(torch::zeros({0, 4}), weight, {}).sizes(),
            (std::vector<int64_t>{0, 5}));
  const Tensor vector = torch::randn({4});
  EXPECT_TRUE(torch::allclose(
      kernels::linear(vector, weight, {}), linear_plain(vector, weight, {}), 1e-5, 1e-6));
}

double relative_error(const Tensor& actual, const Tensor& exact) {
  return ((actual.to(torch::kDouble) - exact).norm() / exact.norm()).item<double>();
}

/// How far products in a narrow type are from exact ones.
struct Rounding {
  at::ScalarType type;
  double least, most;  ///< relative
};

class NarrowLinear : public testing::TestWithParam<Rounding> {};

TEST_P(NarrowLinear, StaysWithinItsRoundingAndEndsWithTheScope) {
  const auto [type, least, most] = GetParam();
  if (!NarrowProducts::available(type)) GTEST_SKIP() << "this CPU has no such products";
  const Gradients exact = run(linear_plain, torch::kDouble);
  const auto coarse = [type = type] {
    const NarrowProducts scope(type);
    return run(linear, torch::kFloat);
  }();
  for (const auto& [actual, expected] :
       {std::pair{coarse.y, exact.y}, {coarse.x, exact.x}, {coarse.weight, exact.weight}}) {
    EXPECT_EQ(actual.scalar_type(), torch::kFloat);
    EXPECT_LT(relative_error(actual, expected), most);
    EXPECT_GT(relative_error(actual, expected), least) << "was float32 used after all?";
  }
  expect_accurate(coarse.bias, exact.bias);
  expect_accurate(run(linear, torch::kFloat).y, exact.y);
}

// bfloat16 keeps 8 bits, float16 11.
INSTANTIATE_TEST_SUITE_P(Types,
                         NarrowLinear,
                         testing::Values(Rounding{at::kBFloat16, 1e-4, 8e-3},
                                         Rounding{at::kHalf, 1e-5, 1e-3}));

TEST(Linear, GivesTheSameBitsTwice) {
  const Gradients a = run(linear, torch::kFloat), b = run(linear, torch::kFloat);
  EXPECT_TRUE(torch::equal(a.y, b.y));
  EXPECT_TRUE(torch::equal(a.x, b.x));
  EXPECT_TRUE(torch::equal(a.weight, b.weight));
}

TEST(Linear, WorksInInferenceMode) {
  const torch::InferenceMode guard;
  const Tensor x = torch::randn({9, 4}), weight = torch::randn({5, 4});
  EXPECT_TRUE(
      torch::allclose(kernels::linear(x, weight, {}), linear_plain(x, weight, {}), 1e-5, 1e-6));
}

TEST(Linear, FrozenWeightsStillPassTheGradientOn) {
  const Tensor x = torch::randn({9, 4}).requires_grad_(), weight = torch::randn({5, 4});
  kernels::linear(x, weight, {}).sum().backward();
  EXPECT_TRUE(torch::allclose(x.grad(), weight.sum(0).expand({9, 4}), 1e-5, 1e-6));
}

}  // namespace
}  // namespace troodon::kernels
