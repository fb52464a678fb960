#include "kernels/checkpoint.hpp"

#include <gtest/gtest.h>

#include "kernels/linear.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;

TEST(Checkpointed, GradientsReachInputAndParametersAndAddUp) {
  const Tensor weight = torch::randn({4, 4}).requires_grad_(), x = torch::randn({3, 4});
  const auto twice = [&](const Tensor& in) { return (in.matmul(weight)).sin().matmul(weight); };
  const Tensor plain = x.clone().requires_grad_(), lean = x.clone().requires_grad_();
  twice(twice(plain)).sum().backward();
  const Tensor expected = weight.grad().clone();
  weight.mutable_grad().reset();
  const Tensor out = checkpointed(twice, checkpointed(twice, lean));
  EXPECT_TRUE(torch::equal(out, twice(twice(plain))));
  out.sum().backward();
  EXPECT_TRUE(torch::equal(lean.grad(), plain.grad()));
  EXPECT_TRUE(torch::allclose(weight.grad(), expected, 1e-5, 1e-5));
}

TEST(Checkpointed, ComputesTwiceOnlyWhereThereIsAGradient) {
  int calls = 0;
  const auto count = [&](const Tensor& in) {
    ++calls;
    return in * 2;
  };
  checkpointed(count, torch::ones({2}));
  EXPECT_EQ(calls, 1);
  checkpointed(count, torch::ones({2}).requires_grad_()).sum().backward();
  EXPECT_EQ(calls, 3);
}

TEST(Checkpointed, TheSecondTimeHasThePrecisionOfTheFirst) {
  if (!NarrowProducts::available(at::kBFloat16))
    GTEST_SKIP() << "this CPU has no bfloat16 products";
  std::vector<at::ScalarType> seen;
  const auto look = [&](const Tensor& in) {
    seen.push_back(NarrowProducts::active());
    return in * 2;
  };
  Tensor out;
  {
    const NarrowProducts scope(at::kBFloat16);
    out = checkpointed(look, torch::ones({2}).requires_grad_());
  }
  out.sum().backward();
  EXPECT_EQ(seen, (std::vector<at::ScalarType>{at::kBFloat16, at::kBFloat16}));
}

}  // namespace
}  // namespace troodon::kernels
