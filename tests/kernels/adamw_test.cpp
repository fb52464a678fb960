#include "kernels/adamw.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace troodon::kernels {
namespace {

using torch::Tensor;

/// A large parameter of several pieces with a tail, a small one, and an empty one.
AdamWTensors some_tensors() {
  torch::manual_seed(3);
  AdamWTensors out;
  for (const int64_t size : {100'003, 5, 0}) {
    out.params.push_back(torch::randn({size}));
    out.gradients.push_back(torch::randn({size}));
    out.means.push_back(torch::randn({size}) * 0.1);
    out.squares.push_back(torch::rand({size}) * 0.1);
    out.averages.push_back(torch::randn({size}));
    out.steps.push_back(torch::full({}, 3.0));
  }
  return out;
}

const AdamWRates kRates{.lr = 1e-2, .weight_decay = 0.1, .gradient_factor = 0.7, .momentum = 0.9};

void expect_close(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::allclose(a[i], b[i], 1e-6, 1e-7));
}

TEST(AdamWInOnePass, IsWhatLibTorchDoes) {
  const AdamWTensors fast = some_tensors(), plain = some_tensors();
  adamw(fast, kRates);
  adamw_plain(plain, kRates);
  expect_close(fast.params, plain.params);
  expect_close(fast.means, plain.means);
  expect_close(fast.squares, plain.squares);
  expect_close(fast.averages, plain.averages);
  EXPECT_FALSE(torch::allclose(fast.params[0], some_tensors().params[0]));
}

TEST(AdamWInOnePass, WorksWithoutAverages) {
  AdamWTensors fast = some_tensors(), plain = some_tensors();
  fast.averages.clear(), plain.averages.clear();
  adamw(fast, kRates), adamw_plain(plain, kRates);
  expect_close(fast.params, plain.params);
}

TEST(AdamWInOnePass, GivesTheSameBitsForAnyNumberOfThreads) {
  const AdamWTensors one = some_tensors(), two = some_tensors();
  at::set_num_threads(1);
  adamw(one, kRates);
  at::set_num_threads(2);
  adamw(two, kRates);
  at::set_num_threads(1);
  EXPECT_TRUE(torch::equal(one.params[0], two.params[0]));
  EXPECT_TRUE(torch::equal(one.averages[0], two.averages[0]));
}

TEST(AdamWInOnePass, ReadsGradientsOfAnyLayout) {
  AdamWTensors turned = some_tensors(), plain = some_tensors();
  for (auto* tensors : {&turned, &plain}) tensors->gradients[0] = torch::ones({100'003});
  turned.gradients[0] = torch::ones({100'003, 2}).select(1, 0);
  adamw(turned, kRates), adamw_plain(plain, kRates);
  expect_close(turned.params, plain.params);
}

}  // namespace
}  // namespace troodon::kernels
