#include "refine/refine.hpp"

#include <algorithm>
#include <cmath>
#include <unistd.h>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "image/colour.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"
#include "refine/losses.hpp"
#include "refine/pyramid.hpp"

namespace troodon::refine {
namespace {

/// A tiny network of random weights in a file of its own, and two small pictures.
class RefineTest : public ::testing::Test {
 protected:
  static constexpr int kSide = 32;

  RefineTest() {
    at::set_num_threads(1);
    torch::manual_seed(5);
    model::VitConfig config = model::arch_config("vit_32x2x2", 4);
    config.img_size = kSide;
    network_ = model::VisionTransformer(config);
    // Weights of the official start are too small to tell one picture from another.
    const torch::NoGradGuard frozen;
    for (auto& weight : network_->parameters()) {
      if (weight.dim() == 2 && weight.size(0) > 1) weight.mul_(8);
    }
    network_->eval();
    fs::create_directories(folder_);
    model::write_backbone(folder_ / "tiny.safetensors", network_);
  }
  ~RefineTest() override { fs::remove_all(folder_); }

  RefineOptions options(int64_t steps) const {
    return {.model = folder_ / "tiny.safetensors",
            .steps = steps,
            .rate = 0.03,  // few steps, far apart
            .grid = kSide / 4,
            .device = "cpu",
            .progress = ProgressStyle::none};
  }

  /// A bright disc of one colour before another colour, with some noise.
  static image::Image disc(std::array<int, 3> inner, std::array<int, 3> outer, uint64_t seed) {
    image::Image out(kSide, kSide);
    Random random(seed);
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const bool inside = std::hypot(x - 14, y - 17) < 9;
        for (size_t c = 0; c < 3; ++c)
          out.row(y)[x * 3 + static_cast<int>(c)] = static_cast<uint8_t>(
              std::clamp<int64_t>((inside ? inner : outer)[c] + random.integer(-9, 9), 0, 255));
      }
    return out;
  }

  Tensor class_token(const image::Image& picture) {
    const torch::NoGradGuard frozen;
    Tensor planes = torch::empty({1, 3, kSide, kSide});
    image::normalize_to(picture, planes.data_ptr<float>());
    return network_->forward(planes)[0];
  }

  const image::Image content_ = disc({60, 90, 200}, {50, 140, 60}, 1),
                     style_ = disc({220, 200, 80}, {200, 60, 50}, 2);
  const fs::path folder_ =
      fs::temp_directory_path() / ("troodon_refine_" + std::to_string(::getpid()));
  model::VisionTransformer network_{nullptr};
};

TEST_F(RefineTest, LossesFallWithinTwentySteps) {
  const Refined made = refine(content_, style_, content_, options(20));
  EXPECT_EQ(made.steps, 20);
  EXPECT_FALSE(made.interrupted);
  EXPECT_NEAR(made.first.structure, 0, 1e-9);  // the start is the content
  EXPECT_LT(made.last.appearance, 0.9 * made.first.appearance);
  EXPECT_LT(made.last.total, 0.95 * made.first.total);
  EXPECT_NE(made.picture.pixels, content_.pixels);
}

TEST_F(RefineTest, StructureComesBackWhereTheStartLostIt) {
  auto o = options(20);
  o.appearance = 0;
  const image::Image plain = disc({120, 120, 120}, {120, 120, 120}, 3);
  const Refined made = refine(content_, style_, plain, o);
  EXPECT_LT(made.last.structure, 0.9 * made.first.structure);
}

TEST_F(RefineTest, WithoutStructureTheClassTokenGoesToTheStyles) {
  auto o = options(40);
  o.structure = 0;
  const Refined made = refine(content_, style_, content_, o);
  const Tensor wanted = class_token(style_);
  const double before = appearance_loss(class_token(content_), wanted).item<double>();
  const double after = appearance_loss(class_token(made.picture), wanted).item<double>();
  EXPECT_NEAR(made.first.appearance, before, 1e-4);
  EXPECT_NEAR(made.last.appearance, after, 0.02);  // pixels were rounded to bytes
  EXPECT_LT(after, 0.8 * before);
}

TEST_F(RefineTest, TheSameSeedGivesTheSameBytesAndAnotherOthers) {
  auto o = options(6);
  const auto once = refine(content_, style_, content_, o).picture.pixels;
  EXPECT_EQ(once, refine(content_, style_, content_, o).picture.pixels);
  o.seed = 1;
  EXPECT_NE(once, refine(content_, style_, content_, o).picture.pixels);
}

TEST_F(RefineTest, NoStepsLeaveTheStartAndOpenNoNetwork) {
  auto o = options(0);
  o.model = "no such file";
  const Refined made = refine(content_, style_, style_, o);
  EXPECT_EQ(made.picture.pixels, style_.pixels);
  EXPECT_EQ(made.steps, 0);
}

TEST_F(RefineTest, AnInterruptKeepsTheBestSoFar) {
  interrupt();
  const Refined made = refine(content_, style_, content_, options(50));
  clear_interrupt();
  EXPECT_TRUE(made.interrupted);
  EXPECT_EQ(made.steps, 1);
  EXPECT_EQ(made.picture.pixels.size(), content_.pixels.size());
  EXPECT_LE(made.last.total, made.first.total);
}

TEST_F(RefineTest, APictureLargerThanTheNetworkLooksAtKeepsItsSize) {
  image::Image large(50, 70);
  for (size_t i = 0; i < large.pixels.size(); ++i)
    large.pixels[i] = static_cast<uint8_t>(i * 7 % 256);
  const Refined made = refine(large, style_, large, options(2));
  EXPECT_EQ(made.picture.width, 50);
  EXPECT_EQ(made.picture.height, 70);
}

TEST_F(RefineTest, WhatCannotBeDoneIsRefused) {
  EXPECT_THROW(refine(image::Image(), style_, content_, options(1)), Error);
  EXPECT_THROW(refine(content_, style_, image::Image(8, 8), options(1)), Error);
  auto o = options(1);
  o.block = 2;  // of two: 0 and 1
  EXPECT_THROW(refine(content_, style_, content_, o), Error);
  o = options(1);
  o.model = "colour";
  EXPECT_THROW(refine(content_, style_, content_, o), Error);
}

TEST(LossesTest, SelfSimilarityIsTheCosineOfAllPairs) {
  const Tensor tokens = torch::tensor({1.0F, 0.0F, 0.0F, 2.0F, 3.0F, 4.0F}).view({3, 2});
  const Tensor wanted =
      torch::tensor({1.0F, 0.0F, 0.6F, 0.0F, 1.0F, 0.8F, 0.6F, 0.8F, 1.0F}).view({3, 3});
  EXPECT_TRUE(torch::allclose(self_similarity(tokens), wanted, 0, 1e-6));
  EXPECT_TRUE(torch::allclose(self_similarity(7 * tokens), wanted, 0, 1e-6));
  // All tokens alike would have ones; three pairs, each counted twice, lie 1, 0.4, 0.2 below.
  EXPECT_NEAR(structure_loss(wanted, torch::ones({3, 3})).item<double>(),
              (2 * 1.0 + 2 * 0.16 + 2 * 0.04) / 9,
              1e-6);
}

TEST(LossesTest, AppearanceIsAShareOfTheTargetsSquare) {
  const Tensor target = torch::tensor({3.0F, 4.0F});
  EXPECT_NEAR(appearance_loss(torch::tensor({3.0F, 9.0F}), target).item<double>(), 1, 1e-6);
  EXPECT_NEAR(appearance_loss(target, target).item<double>(), 0, 1e-9);
}

TEST(LossesTest, ChangesMayEndAtEdgesOfTheGuide) {
  Tensor change = torch::zeros({1, 3, 4, 8}), along = torch::zeros({1, 3, 4, 8});
  change.slice(3, 4).fill_(0.2);
  along.slice(3, 4).fill_(1);
  const double plain = roughness(change, torch::zeros({1, 3, 4, 8})).item<double>();
  EXPECT_NEAR(plain, (std::sqrt(101.0) - 1) / 7, 1e-5);  // one step of seven, of 10 * 0.02
  EXPECT_LT(roughness(change, along).item<double>(), 1e-3 * plain);
}

TEST(PyramidTest, NothingAtFirstAndFineChangesAreGrey) {
  Pyramid pyramid(32, 24, torch::kCPU);
  EXPECT_EQ(pyramid.change().abs().max().item<float>(), 0);
  // A wish for one red pixel.
  Tensor wish = torch::zeros({1, 3, 32, 24});
  wish[0][0][9][9] = 1;
  (pyramid.change() * wish).sum().neg().backward();
  pyramid.step(0.01);
  const Tensor made = pyramid.change()[0].detach();
  EXPECT_GT(made[0][9][9].item<float>(), 0);
  const Tensor colour = made[0] - made[1];
  EXPECT_LT((colour[9][9] - colour[9][10]).abs().item<float>(),
            (made[0][9][9] - made[0][9][10]).abs().item<float>());
}

}  // namespace
}  // namespace troodon::refine
