#include "distributed/flat.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "distributed/threads.hpp"

namespace troodon::distributed {
namespace {

using torch::Tensor;

TEST(FlatParameters, HaveMemoryOnlyWhileGathered) {
  run_ranks(3, [](Communicator& ranks) {
    Tensor a = at::arange(4).to(at::kFloat).view({2, 2}), b = at::full({3}, 7.0);
    const Tensor before = a.clone();
    FlatParameters flat({a, b}, ranks);
    EXPECT_EQ(a.storage().nbytes(), 0U);
    EXPECT_EQ(flat.part().numel(), 3);  // 7 values over 3 ranks
    flat.gather();
    EXPECT_TRUE(a.equal(before));
    EXPECT_TRUE(b.equal(at::full({3}, 7.0)));
    flat.release();
    EXPECT_EQ(b.storage().nbytes(), 0U);
  });
}

TEST(FlatParameters, LeaveEachRankItsPartOfTheMeanGradient) {
  run_ranks(2, [](Communicator& ranks) {
    const double r = static_cast<double>(ranks.rank());
    Tensor a = at::ones({2}).requires_grad_(), b = at::ones({4}).requires_grad_();
    FlatParameters flat({a, b}, ranks);
    flat.gather();
    ((a.sum() * 2 + (b * at::arange(4)).sum()) * (r + 1)).backward();
    flat.finish_backward();
    EXPECT_FALSE(a.grad().defined());
    EXPECT_EQ(b.storage().nbytes(), 0U);
    // Means over ranks: 1.5 times rank 0's. Rank 0 has a and b[0], rank 1 b[1..3].
    if (ranks.rank() == 0) {
      EXPECT_TRUE(flat.piece(0).grad().allclose(at::full({2}, 3.0)));
      EXPECT_TRUE(flat.piece(1).grad().allclose(at::zeros({1})));
    } else {
      EXPECT_FALSE(flat.piece(0).defined());
      EXPECT_TRUE(flat.piece(1).grad().allclose(at::tensor({1.5, 3.0, 4.5}).to(at::kFloat)));
    }
  });
}

TEST(FlatParameters, ComeBackForTheBackwardPassOfWhatTheyComputed) {
  run_ranks(2, [](Communicator& ranks) {
    Tensor w = at::full({2, 2}, 3.0).requires_grad_(), x = at::ones({1, 2}).requires_grad_();
    FlatParameters flat({w}, ranks);
    flat.gather();
    const Tensor y = x.matmul(w);  // keeps w for the gradient of x
    flat.release();
    flat.gather();
    y.sum().backward();
    EXPECT_TRUE(x.grad().allclose(at::full({1, 2}, 6.0)));
  });
}

TEST(FlatParameters, WithoutAGradientStayWithoutOne) {
  run_ranks(2, [](Communicator& ranks) {
    Tensor a = at::ones({2}).requires_grad_(), unused = at::ones({2}).requires_grad_();
    FlatParameters flat({a, unused}, ranks);
    flat.gather();
    a.sum().backward();
    flat.finish_backward();
    const Tensor& mine = flat.piece(ranks.rank() == 0 ? 0 : 1);
    EXPECT_EQ(mine.grad().defined(), ranks.rank() == 0);
  });
}

TEST(FlatParameters, AreCutAndAssembledWithoutLoss) {
  run_ranks(3, [](Communicator& ranks) {
    Tensor a = at::zeros({5, 1}), b = at::zeros({2});
    FlatParameters flat({a, b}, ranks);
    const Tensor moments = at::randn({5, 1}, at::make_generator<at::CPUGeneratorImpl>(1));
    EXPECT_TRUE(flat.assemble(0, flat.cut(0, moments)).equal(moments));
  });
}

}  // namespace
}  // namespace troodon::distributed
