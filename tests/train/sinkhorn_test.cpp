#include "train/sinkhorn.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "distributed/threads.hpp"

namespace troodon::train {
namespace {

using distributed::Alone;
using distributed::Communicator;

TEST(Sinkhorn, RowsSumToOneAndPrototypesShareTheBatch) {
  torch::manual_seed(3);
  Alone alone;
  const Tensor plan = sinkhorn_knopp(torch::randn({64, 8}), 0.5, alone, 100);
  EXPECT_LT((plan.sum(1) - 1).abs().max().item<double>(), 1e-5);
  EXPECT_LT((plan.sum(0) - 8).abs().max().item<double>(), 1e-3);
}

TEST(Sinkhorn, FactorsGiveItsRowsInAnyOrderAndTakeTheLogitsPlace) {
  torch::manual_seed(5);
  Alone alone;
  Center center, other;
  const Tensor logits = torch::randn({7, 5}), which = torch::tensor({6, 0, 0, 3});
  Tensor mine = logits.clone();
  const SoftTargets factors = sinkhorn_factors(mine, 0.1, alone);
  EXPECT_EQ(factors.plan.data_ptr(), mine.data_ptr());
  EXPECT_TRUE(torch::allclose(
      factors.rows(which), sinkhorn_knopp(logits, 0.1, alone).index_select(0, which), 1e-6, 1e-7));
  for (int i = 0; i < 2; ++i) {  // the second time with a centre
    const SoftTargets centred = centred_factors(logits.clone(), 0.1, center, alone);
    const Tensor expected = centred_softmax(logits, 0.1, other, alone);
    EXPECT_TRUE(torch::allclose(centred.rows(which), expected.index_select(0, which), 1e-5, 1e-7));
  }
}

TEST(Sinkhorn, SurvivesLogitsThatWouldOverflowExp) {
  Alone alone;
  const Tensor plan = sinkhorn_knopp(torch::tensor({{50.0F, 0.0F}, {0.0F, 50.0F}}), 0.05, alone);
  EXPECT_TRUE(plan.isfinite().all().item<bool>());
}

TEST(Sinkhorn, OfNoRowsIsNoRows) {
  Alone alone;
  EXPECT_EQ(sinkhorn_knopp(torch::zeros({0, 8}), 0.05, alone).size(0), 0);
}

TEST(Sinkhorn, OverRanksEqualsOneProcessWithAllRows) {
  torch::manual_seed(4);
  const Tensor rows = torch::randn({12, 6});
  Alone alone;
  const Tensor together = sinkhorn_knopp(rows, 0.1, alone);
  const std::vector<int64_t> cut{0, 5, 5, 12};  // the second rank has no rows
  distributed::run_ranks(3, [&](Communicator& ranks) {
    const int64_t from = cut[ranks.rank()], to = cut[ranks.rank() + 1];
    const Tensor mine = sinkhorn_knopp(rows.slice(0, from, to), 0.1, ranks);
    if (to > from && (mine - together.slice(0, from, to)).abs().max().item<double>() > 1e-6)
      fail("differs");
  });
}

TEST(CentredSoftmax, UsesWhatItObservedOneStepLater) {
  Alone alone;
  Center center;
  const Tensor logits = torch::tensor({{1.0F, 0.0F}});
  EXPECT_TRUE(centred_softmax(logits, 1, center, alone).equal(logits.softmax(-1)));
  centred_softmax(logits, 1, center, alone);
  EXPECT_TRUE(center.value.allclose(logits * 0.1));
}

TEST(CentredSoftmax, WithoutRowsKeepsTheCentre) {
  Alone alone;
  Center center{.value = torch::ones({1, 4})};
  centred_softmax(torch::zeros({0, 4}), 1, center, alone);
  centred_softmax(torch::zeros({0, 4}), 1, center, alone);
  EXPECT_TRUE(center.value.allclose(torch::ones({1, 4})));
}

TEST(Ranks, AFailingRankStopsTheOthers) {
  EXPECT_THROW(distributed::run_ranks(2,
                                      [](Communicator& ranks) {
                                        if (ranks.rank() == 1) fail("broken");
                                        Tensor sum = torch::ones({1});
                                        ranks.all_reduce(sum);
                                      }),
               Error);
}

TEST(Ranks, AverageIsTheMeanOverRanks) {
  distributed::run_ranks(2, [](Communicator& ranks) {
    const Tensor a = torch::full({2, 2}, static_cast<double>(ranks.rank())),
                 b = torch::full({3}, 4.0);
    distributed::average({a, b}, ranks);
    if (!a.allclose(torch::full({2, 2}, 0.5)) || !b.allclose(torch::full({3}, 4.0)))
      fail("wrong mean");
  });
}

}  // namespace
}  // namespace troodon::train
