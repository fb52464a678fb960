#include "kernels/lean_linear.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/linear.hpp"
#include "kernels/packed_attention.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;

/// The value and all gradients of one of the two operations, ours or LibTorch's.
std::vector<Tensor> lean_or_plain(bool norm, bool lean, bool biased, torch::Dtype dtype) {
  torch::manual_seed(6);
  const auto leaf = [&](at::IntArrayRef shape) {
    return torch::randn(shape).to(dtype).requires_grad_();
  };
  const Tensor x = leaf({37, 48}), weight = leaf({20, 48});
  const NormWeights norms{leaf({48}), leaf({48}), 1e-6};
  const Tensor bias = biased ? leaf({20}) : Tensor();
  Tensor y;
  if (lean) {
    y = norm ? linear_of_norm(x, norms, weight, bias) : linear_of_gelu(x, weight, bias);
  } else {
    const Tensor in =
        norm ? at::layer_norm(x, {48}, norms.weight, norms.bias, norms.eps) : at::gelu(x);
    y = linear_plain(in, weight, bias);
  }
  (y * torch::randn({37, 20}).to(dtype)).sum().backward();
  std::vector<Tensor> out{y.detach(), x.grad(), weight.grad()};
  if (biased) out.push_back(bias.grad());
  if (norm) out.push_back(norms.weight.grad()), out.push_back(norms.bias.grad());
  return out;
}

void expect_all_close(const std::vector<Tensor>& actual,
                      const std::vector<Tensor>& exact,
                      double tolerance) {
  ASSERT_EQ(actual.size(), exact.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = (actual[i].to(torch::kDouble) - exact[i]).norm().item<double>();
    EXPECT_LE(error, tolerance * exact[i].norm().item<double>()) << i;
  }
}

TEST(LeanLinear, ValuesAndGradientsAreThoseOfTheTwoOperations) {
  for (const bool norm : {false, true}) {
    for (const bool biased : {false, true}) {
      const auto exact = lean_or_plain(norm, false, biased, torch::kDouble);
      expect_all_close(lean_or_plain(norm, true, biased, torch::kDouble), exact, 1e-13);
      expect_all_close(lean_or_plain(norm, true, biased, torch::kFloat), exact, 2e-6);
    }
  }
}

TEST(LeanLinear, InBfloat16StaysWithinItsRounding) {
  if (!NarrowProducts::available(at::kBFloat16))
    GTEST_SKIP() << "this CPU has no bfloat16 products";
  for (const bool norm : {false, true}) {
    const auto exact = lean_or_plain(norm, false, true, torch::kDouble);
    const NarrowProducts scope(at::kBFloat16);
    const auto coarse = lean_or_plain(norm, true, true, torch::kFloat);
    expect_all_close(coarse, exact, 1e-2);
    EXPECT_FALSE(torch::equal(coarse[0], exact[0].to(torch::kFloat)));
  }
}

// A whole feed-forward and attention between narrow products, as a block has them.
std::vector<Tensor> between_products(Result result) {
  torch::manual_seed(9);
  const auto leaf = [&](at::IntArrayRef shape) { return torch::randn(shape).requires_grad_(); };
  const Tensor x = leaf({37, 48}), first = leaf({96, 48}), second = leaf({48, 96});
  const Tensor mix = leaf({3 * 48, 48}), proj = leaf({48, 48});
  const NormWeights norm{leaf({48}), leaf({48}), 1e-6};
  const Tensor fed = linear_of_gelu(linear_of_norm(x, norm, first, {}, result), second, {});
  const Tensor seen = packed_attention(linear_of_norm(fed, norm, mix, {}, result), 2, {30, 7});
  const Tensor y = kernels::linear(seen, proj, {});
  (y * torch::randn({37, 48})).sum().backward();
  return {y.detach(),
          x.grad(),
          first.grad(),
          second.grad(),
          mix.grad(),
          proj.grad(),
          norm.weight.grad()};
}

TEST(LeanLinear, NarrowResultsChangeNothingButTheRoundingOfBfloat16) {
  const auto wide = between_products(Result::wide), same = between_products(Result::narrow);
  for (size_t i = 0; i < wide.size(); ++i) EXPECT_TRUE(torch::equal(same[i], wide[i])) << i;
  if (!NarrowProducts::available(at::kBFloat16))
    GTEST_SKIP() << "this CPU has no bfloat16 products";
  const NarrowProducts scope(at::kBFloat16);
  const auto coarse = between_products(Result::wide), narrow = between_products(Result::narrow);
  for (size_t i = 0; i < wide.size(); ++i) {
    EXPECT_EQ(narrow[i].scalar_type(), torch::kFloat);
    const double size = wide[i].norm().item<double>();
    const double error = (narrow[i] - wide[i]).norm().item<double>() / size;
    EXPECT_LT(error, 1.5 * (coarse[i] - wide[i]).norm().item<double>() / size + 2e-3) << i;
  }
}

TEST(LeanLinear, WorksWithoutGradients) {
  const torch::NoGradGuard frozen;
  const Tensor x = torch::randn({3, 8}), weight = torch::randn({5, 8});
  EXPECT_TRUE(
      torch::allclose(linear_of_gelu(x, weight, {}), at::gelu(x).matmul(weight.t()), 1e-5, 1e-6));
}

}  // namespace
}  // namespace troodon::kernels
