#include "heads/training.hpp"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "kernels/adamw.hpp"

namespace troodon::heads {
namespace {

/// The learned tensors as leaves of autograd while this object lives.
class Learning {
 public:
  Learning(Weights& weights, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      Tensor& weight = weights.at(name);
      weight = weight.detach().clone().contiguous();
      weight.requires_grad_(true);
      leaves.push_back(weight);
      update.params.push_back(weight.detach());
      update.means.push_back(at::zeros_like(weight));
      update.squares.push_back(at::zeros_like(weight));
      update.steps.push_back(at::zeros({}));
    }
  }
  ~Learning() {
    for (Tensor& leaf : leaves) {
      leaf.requires_grad_(false);
      leaf.mutable_grad() = Tensor();
    }
  }
  Learning(const Learning&) = delete;
  Learning& operator=(const Learning&) = delete;

  void step(const Training& training, double rate) {
    update.gradients.clear();
    for (Tensor& leaf : leaves) {
      update.gradients.push_back(leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf));
      leaf.mutable_grad() = Tensor();
    }
    for (Tensor& count : update.steps) count += 1;
    kernels::adamw(update,
                   {.lr = rate,
                    .weight_decay = training.weight_decay,
                    .beta1 = training.beta1,
                    .beta2 = training.beta2,
                    .gradient_factor = clipping(training.clip)});
  }

 private:
  double clipping(double largest) const {
    if (largest <= 0) return 1;
    double sum = 0;
    for (const Tensor& gradient : update.gradients)
      sum += std::pow(gradient.norm().item<double>(), 2);
    return std::min(1.0, largest / (std::sqrt(sum) + 1e-6));
  }

  std::vector<Tensor> leaves;
  kernels::AdamWTensors update;
};

}  // namespace

Training segment_training(int64_t iterations) {
  return {.iterations = iterations,
          .lr = 1e-3,
          .weight_decay = 1e-4,
          .decline = Decline::poly,
          .power = 1.0,
          .warmup = iterations * 1500 / 40000,
          .warmup_ratio = 1e-6};
}

Training depth_training(int64_t iterations) {
  return {.iterations = iterations,
          .lr = 1e-4,
          .weight_decay = 0.01,
          .decline = Decline::cosine,
          .floor = 1e-8,
          .warmup = iterations / 3,
          .warmup_ratio = 1e-3,
          .clip = 35};
}

Training probe_training(int64_t iterations) {
  return {.iterations = iterations,
          .lr = 1e-3,
          .weight_decay = 0.05,
          .decline = Decline::cosine,
          .warmup = iterations / 10,
          .warmup_ratio = 1e-3};
}

double rate_at(const Training& training, int64_t iteration) {
  const double done = static_cast<double>(iteration) / static_cast<double>(training.iterations);
  const double left = training.decline == Decline::poly
                          ? std::pow(1 - done, training.power)
                          : (1 + std::cos(std::numbers::pi * done)) / 2;
  const double rate = training.lr * (training.floor + (1 - training.floor) * left);
  if (iteration >= training.warmup) return rate;
  const double waiting = 1 - static_cast<double>(iteration) / static_cast<double>(training.warmup);
  return rate * (1 - waiting * (1 - training.warmup_ratio));
}

void train_weights(Weights& weights,
                   const std::vector<std::string>& learned,
                   const Training& training,
                   const std::function<Tensor(int64_t iteration)>& loss,
                   const Observer& observer) {
  if (training.iterations < 1)
    fail(Exit::config, "a head must be trained for an iteration at least");
  Learning learning(weights, learned);
  for (int64_t i = 0; i < training.iterations; ++i) {
    const at::AutoGradMode gradients(true);
    const Tensor now = loss(i);
    const double value = now.item<double>();
    if (!std::isfinite(value)) {
      fail(Exit::numeric,
           "the loss became {} at iteration {} of {}; lower the learning rate ({})",
           value,
           i,
           training.iterations,
           training.lr);
    }
    now.backward();
    const double rate = rate_at(training, i);
    learning.step(training, rate);
    if (observer)
      observer({.iteration = i, .iterations = training.iterations, .rate = rate, .loss = value});
  }
}

}  // namespace troodon::heads
