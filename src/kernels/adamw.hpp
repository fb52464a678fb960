#pragma once

#include <vector>

#include <torch/types.h>

namespace troodon::kernels {

/// What an update reads and writes: of each parameter its gradient, moments, count of steps (0-dim,
/// this one included) and running average. Lists of equal length; averages may be empty.
struct AdamWTensors {
  std::vector<torch::Tensor> params, gradients, means, squares, steps, averages;
};

struct AdamWRates {
  double lr = 0, weight_decay = 0;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double gradient_factor = 1;  ///< such as clipping asks for; gradients themselves stay
  double momentum = 1;         ///< average <- momentum * average + (1 - momentum) * parameter
};

/// One update of Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2) and of
/// the averages. float32 on the CPU goes through memory once; the rest is adamw_plain. The same
/// bits for any number of threads.
void adamw(const AdamWTensors& tensors, const AdamWRates& rates);

/// The same as LibTorch does it, a pass for each thing: what adamw() is checked against.
void adamw_plain(const AdamWTensors& tensors, const AdamWRates& rates);

}  // namespace troodon::kernels
