#include "train/copies.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "distributed/threads.hpp"
#include "small_network.hpp"

namespace troodon::train {
namespace {

using distributed::Alone;
using distributed::Communicator;

constexpr double kTemperature = 0.3;

/// The loss as its formula reads, pair by pair.
double contrast_by_pairs(const Tensor& views, double temperature) {
  const int64_t rows = views.size(0);
  double sum = 0;
  for (int64_t i = 0; i < rows; ++i) {
    double others = 0, copy = 0;
    for (int64_t j = 0; j < rows; ++j) {
      if (j == i) continue;
      const double cosine = torch::cosine_similarity(views[i], views[j], 0).item<double>();
      others += std::exp(cosine / temperature);
      if (j == (i + rows / 2) % rows) copy = cosine / temperature;
    }
    sum += std::log(others) - copy;
  }
  return sum / static_cast<double>(rows);
}

/// Compares the gradient with differences of the loss, number by number.
void expect_gradient(const std::function<Tensor(const Tensor&)>& loss, const Tensor& at) {
  Tensor x = at.clone().requires_grad_();
  loss(x).backward();
  constexpr double kStep = 1e-6;
  for (int64_t i = 0; i < at.numel(); ++i) {
    Tensor up = at.clone(), down = at.clone();
    up.view(-1)[i] += kStep, down.view(-1)[i] -= kStep;
    const double slope = (loss(up) - loss(down)).item<double>() / (2 * kStep);
    EXPECT_NEAR(x.grad().view(-1)[i].item<double>(), slope, 1e-6) << "number " << i;
  }
}

Tensor some_views(uint64_t seed, int64_t pictures = 3) {
  torch::manual_seed(seed);
  return torch::randn({2 * pictures, 4}, torch::kDouble);
}

TEST(ContrastLoss, IsItsFormula) {
  Alone alone;
  const Tensor views = some_views(1);
  EXPECT_NEAR(contrast_loss(views, kTemperature, alone).item<double>(),
              contrast_by_pairs(views, kTemperature),
              1e-9);
}

TEST(ContrastLoss, HasTheGradientOfItsDifferences) {
  Alone alone;
  expect_gradient([&](const Tensor& x) { return contrast_loss(x, kTemperature, alone); },
                  some_views(2));
}

TEST(ContrastLoss, FallsToItsLeastWhereCopiesMeetAndPicturesAreFarApart) {
  Alone alone;
  Tensor views = some_views(3).requires_grad_();
  for (int step = 0; step < 400; ++step) {
    contrast_loss(views, kTemperature, alone).backward();
    const torch::NoGradGuard frozen;
    views -= 0.5 * views.grad();
    views.mutable_grad().zero_();
  }
  // Three pictures at the corners of a triangle: cosine -1/2 to each of the four other views.
  const double least = std::log(1 + 4 * std::exp(-1.5 / kTemperature));
  EXPECT_NEAR(contrast_loss(views, kTemperature, alone).item<double>(), least, 1e-3);
}

TEST(ContrastLoss, RefusesAViewWithoutItsCopy) {
  Alone alone;
  EXPECT_THROW(contrast_loss(torch::randn({3, 4}), 0.1, alone), c10::Error);
}

TEST(SpreadLoss, LooksAtTheNearestViewOfAnotherPicture) {
  Alone alone;
  // Copies lie on each other, which costs nothing; pictures are a right angle apart.
  const Tensor views = torch::cat({torch::eye(4), torch::eye(4)});
  EXPECT_NEAR(spread_loss(views, alone).item<double>(), -std::log(std::sqrt(2.0)), 1e-6);
  EXPECT_GT(spread_loss(torch::ones({8, 4}), alone).item<double>(), 10);
  EXPECT_EQ(spread_loss(torch::randn({2, 4}), alone).item<double>(), 0);
}

TEST(SpreadLoss, HasTheGradientOfItsDifferences) {
  Alone alone;
  expect_gradient([&](const Tensor& x) { return spread_loss(x, alone); }, some_views(4));
}

TEST(CopyLosses, OverRanksAreThoseOfOneProcessWithAllPictures) {
  Alone alone;
  const Tensor rows = some_views(5, 4);  // first views 0..3, second views 4..7
  const auto loss = [](const Tensor& x, Communicator& ranks) {
    return contrast_loss(x, kTemperature, ranks) + spread_loss(x, ranks);
  };
  Tensor together = rows.clone().requires_grad_();
  const Tensor expected = loss(together, alone);
  expected.backward();
  distributed::run_ranks(2, [&](Communicator& ranks) {
    const int64_t first = 2 * ranks.rank();
    const Tensor mine = torch::tensor({first, first + 1, first + 4, first + 5});
    Tensor own = rows.index_select(0, mine).requires_grad_();
    const Tensor part = loss(own, ranks);
    part.backward();
    Tensor mean = part.detach().clone();
    ranks.all_reduce(mean);
    EXPECT_NEAR(mean.item<double>() / 2, expected.item<double>(), 1e-9);
    EXPECT_TRUE((own.grad() / 2).allclose(together.grad().index_select(0, mine), 1e-7, 1e-9));
  });
}

TrainConfig copies_config(const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{"copies.learn=true",
                               "crops.local_crops_number=0",
                               "optim.lr=0.01",
                               "optim.warmup_epochs=0",
                               "student.drop_path_rate=0",
                               "student.layerscale=1"};
  all.insert(all.end(), more.begin(), more.end());
  return small_config(all);
}

TEST(CopyStep, TeachesTheBackboneAloneWhatBelongsTogether) {
  Alone alone;
  const TrainConfig config = copies_config({"copies.spread_loss_weight=1"});
  State state = small_state(config, 1);
  EXPECT_EQ(state.student->parts().size(), 1U);  // no heads
  torch::manual_seed(2);
  const Tensor pictures = torch::randn({4, 3, 16, 16});
  const Batch batch{.global_crops = torch::cat({pictures, 0.3 * pictures.flip(3)})};
  const Rates now = Schedules(config, 1).at(0);
  const StepValues first = copy_step(state, batch, now, {config, alone});
  StepValues last;
  for (int64_t step = 1; step < 30; ++step)
    last = copy_step(state, batch, now, {config, alone, step});
  EXPECT_GT(first.contrast, 1);
  EXPECT_LT(last.contrast, 0.1);
  EXPECT_EQ(last.total, last.contrast + last.spread);
  EXPECT_EQ(last.gradient_norms.size(), 1U);
}

TEST(CopyStep, LeavesWeightsAloneWhenTheLossIsNotFinite) {
  Alone alone;
  const TrainConfig config = copies_config();
  State state = small_state(config, 1);
  const Tensor before = state.student->parameters().front().detach().clone();
  const Batch batch{.global_crops = torch::full({8, 3, 16, 16}, std::nan(""))};
  EXPECT_FALSE(copy_step(state, batch, Schedules(config, 1).at(0), {config, alone}).finite());
  EXPECT_TRUE(torch::equal(before, state.student->parameters().front()));
}

TEST(CopiesConfig, SaysWhatCopiesCannotHave) {
  EXPECT_THROW(copies_config({"crops.local_crops_number=2"}), Error);
  EXPECT_THROW(copies_config({"train.batch_size_per_gpu=1"}), Error);
  EXPECT_THROW(copies_config({"copies.temperature=0"}), Error);
  EXPECT_THROW(copies_config({"copies.crops_scale=[0.5, 0.2]"}), Error);
}

}  // namespace
}  // namespace troodon::train
