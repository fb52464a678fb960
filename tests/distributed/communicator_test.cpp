#include "distributed/communicator.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "distributed/threads.hpp"

namespace troodon::distributed {
namespace {

using torch::Tensor;

TEST(Communicator, SumsAndGathersOverRanks) {
  run_ranks(3, [](Communicator& ranks) {
    const auto r = static_cast<double>(ranks.rank());
    Tensor sum = at::full({2}, r), top = at::full({1}, -r);
    ranks.all_reduce(sum);
    ranks.all_reduce_max(top);
    EXPECT_TRUE(sum.equal(at::full({2}, 3.0)));
    EXPECT_EQ(top.item<float>(), 0);
    Tensor whole = at::zeros({6});
    ranks.all_gather(whole, at::full({2}, r));
    EXPECT_TRUE(whole.equal(at::tensor({0., 0., 1., 1., 2., 2.}).to(at::kFloat)));
    Tensor part = at::zeros({2});
    ranks.reduce_scatter(part, at::arange(6).to(at::kFloat) * (r + 1));
    EXPECT_TRUE(part.equal(at::tensor({12 * r, 12 * r + 6}).to(at::kFloat)));
    Tensor said = at::full({1}, r);
    ranks.broadcast(said, 2);
    EXPECT_EQ(said.item<float>(), 2);
  });
}

TEST(GatherTexts, KeepsLengthsAndOrder) {
  run_ranks(3, [](Communicator& ranks) {
    const std::string mine(static_cast<size_t>(ranks.rank()), 'x');
    EXPECT_EQ(gather_texts(mine, ranks), (std::vector<std::string>{"", "x", "xx"}));
  });
}

TEST(OnAnyRank, IsTrueEverywhereOnceItIsTrueSomewhere) {
  run_ranks(2, [](Communicator& ranks) {
    EXPECT_TRUE(on_any_rank(ranks.rank() == 1, ranks));
    EXPECT_FALSE(on_any_rank(false, ranks));
  });
}

TEST(GatherRows, SendsEachRankTheGradientsOfAllLosses) {
  run_ranks(2, [](Communicator& ranks) {
    const int64_t r = ranks.rank();
    Tensor x = at::full({1, 2}, static_cast<double>(r + 1)).requires_grad_();
    const Tensor all = gather_rows(x, ranks);
    EXPECT_EQ(all.sizes(), (std::vector<int64_t>{2, 2}));
    // Rank r's loss is (r + 1) * the sum of every rank's rows squared.
    (all.square().sum() * static_cast<double>(r + 1)).backward();
    EXPECT_TRUE(x.grad().allclose(x.detach() * 2 * (1 + 2)));
  });
}

TEST(Ranks, EndWithTheFirstErrorWhenOneOfThemThrows) {
  const auto body = [](Communicator& ranks) {
    if (ranks.rank() == 1) throw std::runtime_error("no more");
    ranks.barrier();
  };
  try {
    run_ranks(3, body);
    FAIL() << "nobody heard of it";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "no more");
  }
}

}  // namespace
}  // namespace troodon::distributed
