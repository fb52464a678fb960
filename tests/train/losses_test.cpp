#include "train/losses.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace troodon::train {
namespace {

TEST(DinoLoss, EqualsTheSumOverPairsOfViews) {
  torch::manual_seed(1);
  const Tensor student = torch::randn({3, 4, 5}), teacher = torch::randn({2, 4, 5}).softmax(-1);
  double expected = 0;
  for (int s = 0; s < 3; ++s) {
    for (int t = 0; t < 2; ++t) {
      expected -= (teacher[t] * (student[s] / 0.1).log_softmax(-1)).sum(-1).mean().item<double>();
    }
  }
  EXPECT_NEAR(dino_loss(student, teacher, 0.1).item<double>(), expected, 1e-4 * expected);
}

TEST(DinoLoss, IsTheEntropyWhenTheStudentSaysWhatTheTeacherSays) {
  const Tensor logits = torch::zeros({1, 2, 8});
  EXPECT_NEAR(dino_loss(logits, logits.softmax(-1)).item<double>(), std::log(8.0), 1e-6);
}

TEST(DinoLoss, RefusesViewsOfDifferentPictures) {
  EXPECT_THROW(dino_loss(torch::zeros({1, 2, 8}), torch::zeros({1, 3, 8})), c10::Error);
}

TEST(IbotLoss, CountsUnmaskedCropsInTheMean) {
  const Tensor logits = torch::zeros({2, 8}), target = logits.softmax(-1),
               weight = torch::full({2}, 0.5);
  EXPECT_NEAR(ibot_loss(logits, target, weight, 4).item<double>(), std::log(8.0) / 4, 1e-6);
}

TEST(IbotLoss, IsZeroWithoutMaskedPatches) {
  const Tensor none = torch::zeros({0, 8}).set_requires_grad(true);
  const Tensor loss = ibot_loss(none, torch::zeros({0, 8}), torch::zeros({0}), 4);
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
}

TEST(IbotLoss, DenseAndMaskedFormsAgree) {
  torch::manual_seed(2);
  const Tensor masks = torch::tensor({{true, false, true}, {false, false, false}});
  const Tensor student = torch::randn({2, 3, 5}), teacher = torch::randn({2, 3, 5}).softmax(-1);
  const Tensor masked = ibot_loss(student[0].index_select(0, torch::tensor({0, 2})),
                                  teacher[0].index_select(0, torch::tensor({0, 2})),
                                  torch::full({2}, 0.5),
                                  2);
  EXPECT_NEAR(ibot_loss_dense(student, teacher, masks).item<double>(), masked.item<double>(), 1e-6);
}

TEST(KoleoLoss, SpreadPointsCostLessThanClumpedOnes) {
  const Tensor spread = torch::eye(8);  // every distance is sqrt(2)
  const Tensor clumped = torch::ones({8, 8}) + 0.01 * torch::eye(8);
  EXPECT_NEAR(koleo_loss(spread).item<double>(), -std::log(std::sqrt(2.0)), 1e-6);
  EXPECT_GT(koleo_loss(clumped).item<double>(), 3);
}

TEST(KoleoLoss, OfOnePictureIsZeroAndFinite) {
  EXPECT_EQ(koleo_loss(torch::ones({1, 8})).item<double>(), 0);
}

TEST(KoleoLoss, StaysFiniteWhenAllPicturesLookTheSame) {
  const Tensor same = torch::ones({4, 8}).set_requires_grad(true);
  const Tensor loss = koleo_loss(same);
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  EXPECT_TRUE(same.grad().isfinite().all().item<bool>());
}

TEST(KoleoLoss, IsComputedInFloat32ForHalfPrecisionInput) {
  EXPECT_EQ(koleo_loss(torch::eye(4).to(torch::kBFloat16)).scalar_type(), torch::kFloat);
}

}  // namespace
}  // namespace troodon::train
