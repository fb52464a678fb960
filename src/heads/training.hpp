#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

#include "heads/weights.hpp"

namespace troodon::heads {

enum class Decline { poly, cosine };

/// How a head is trained: AdamW under a schedule, on batches that a callback makes.
struct Training {
  int64_t iterations = 1000;
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double weight_decay = 1e-4;
  Decline decline = Decline::cosine;
  double power = 1.0;         ///< of poly
  double floor = 0.0;         ///< share of lr that is left at the end
  int64_t warmup = 0;         ///< iterations of linear growth
  double warmup_ratio = 0.0;  ///< share of the scheduled rate at iteration 0
  double clip = 0.0;          ///< largest L2 norm of all gradients together; 0: none
  uint64_t seed = 0;          ///< of initial weights and of the order of rows
};

/// The official recipes (spec dinov2.md 4.5 and 4.4), shortened to `iterations` with their warm-up
/// in proportion: of 40,000 iterations 1,500, of 38,400 a third.
Training segment_training(int64_t iterations = 40000);
Training depth_training(int64_t iterations = 38400);
/// For the MLP and attentive probes: cosine from 1e-3, weight decay 0.05, a tenth of warm-up.
Training probe_training(int64_t iterations = 1000);

/// Learning rate of an iteration (mmcv's poly and CosineAnnealing with linear warm-up).
double rate_at(const Training& training, int64_t iteration);

struct TrainingStep {
  int64_t iteration = 0, iterations = 0;
  double rate = 0;
  double loss = 0;
};
using Observer = std::function<void(const TrainingStep&)>;

/// Trains the float tensors of `weights` named in `learned` (in place): loss(iteration) must
/// compute from them. Throws Error (Exit::numeric) when a loss is not finite.
void train_weights(Weights& weights,
                   const std::vector<std::string>& learned,
                   const Training& training,
                   const std::function<Tensor(int64_t iteration)>& loss,
                   const Observer& observer = {});

}  // namespace troodon::heads
