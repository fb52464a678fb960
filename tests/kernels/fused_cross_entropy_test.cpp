#include "kernels/fused_cross_entropy.hpp"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/linear.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;

struct Entropy {
  Tensor total, rows, features, prototypes;
};

/// 7 rows whose targets sum up to 2, then 3 whose sum up to 1.
enum class Way { fused, plain };
Entropy run(Way way, torch::Dtype dtype, int64_t prototypes, int64_t rows_at_once = 0) {
  torch::manual_seed(3);
  const int64_t first = 7, second = 3;
  const Tensor features = (torch::randn({first + second, 4}, dtype) / 4).requires_grad_();
  const Tensor weights = (torch::randn({prototypes, 4}, dtype) / 4).requires_grad_();
  const Tensor targets = torch::softmax(4 * torch::randn({first + second, prototypes}, dtype), -1);
  const Tensor weight = torch::rand({first + second}, dtype);
  const std::vector<TargetRows> parts{
      {first, [&](int64_t a, int64_t b) { return 2 * targets.slice(0, a, b); }},
      {second,
       [&](int64_t a, int64_t b) { return targets.slice(0, first + a, first + b).clone(); }}};
  const CrossEntropy out =
      way == Way::plain ? cross_entropy_plain(features, weights, weight, parts)
                        : fused_cross_entropy(features, weights, weight, parts, 0.1, rows_at_once);
  (3 * out.total).backward();
  return {out.total.detach(), out.rows, features.grad(), weights.grad()};
}

void expect_close(const Tensor& actual, const Tensor& expected, double tolerance) {
  const double scale = expected.abs().max().item<double>();
  EXPECT_LE((actual - expected).abs().max().item<double>(), tolerance * scale);
}

void expect_same(const Entropy& a, const Entropy& b, double tolerance) {
  expect_close(a.total, b.total, tolerance);
  expect_close(a.rows, b.rows, tolerance);
  expect_close(a.features, b.features, tolerance);
  expect_close(a.prototypes, b.prototypes, tolerance);
}

TEST(FusedCrossEntropy, ValuesAndGradientsAreThoseOfThePlainOne) {
  expect_same(run(Way::fused, torch::kDouble, 50), run(Way::plain, torch::kDouble, 50), 1e-12);
  expect_same(run(Way::fused, torch::kFloat, 50), run(Way::plain, torch::kFloat, 50), 1e-6);
}

TEST(FusedCrossEntropy, BlocksDoNotChangeIt) {
  const Entropy whole = run(Way::fused, torch::kDouble, 50);
  for (const int64_t rows : {1, 3, 4}) {  // 3 and 4: the first part's seven end within a block
    expect_same(run(Way::fused, torch::kDouble, 50, rows), whole, 1e-12);
  }
}

TEST(FusedCrossEntropy, KnowsTheValueOfAUniformGuess) {
  const Tensor features = torch::zeros({2, 4}), prototypes = torch::randn({8, 4});
  const auto out = fused_cross_entropy(
      features, prototypes, torch::tensor({1.f, 3.f}), {{2, [](int64_t a, int64_t b) {
                                                           return torch::eye(8).slice(0, a, b);
                                                         }}});
  EXPECT_NEAR(out.total.item<float>(), 4 * std::log(8.0), 1e-5);
  EXPECT_FALSE(out.total.requires_grad());
}

TEST(FusedCrossEntropy, TakesPartsWithoutRowsAndRefusesTheWrongNumber) {
  const Tensor features = torch::randn({0, 4}).requires_grad_();
  const Tensor prototypes = torch::randn({8, 4}).requires_grad_();
  const TargetRows none{0, [](int64_t, int64_t) { return torch::zeros({0, 8}); }};
  const auto out = fused_cross_entropy(features, prototypes, torch::zeros({0}), {none, none});
  EXPECT_EQ(out.total.item<float>(), 0);
  out.total.backward();
  EXPECT_EQ(prototypes.grad().abs().sum().item<float>(), 0);
  EXPECT_THROW(fused_cross_entropy(torch::randn({3, 4}), prototypes, torch::ones({3}), {none}),
               c10::Error);
}

TEST(FusedCrossEntropy, InBfloat16StaysWithinItsRounding) {
  if (!NarrowProducts::available(at::kBFloat16))
    GTEST_SKIP() << "this CPU has no bfloat16 products";
  const Entropy exact = run(Way::fused, torch::kFloat, 500);
  const NarrowProducts scope(at::kBFloat16);
  const Entropy coarse = run(Way::fused, torch::kFloat, 500);
  expect_same(coarse, exact, 3e-2);
  EXPECT_FALSE(torch::equal(coarse.total, exact.total)) << "was float32 used after all?";
}

}  // namespace
}  // namespace troodon::kernels
