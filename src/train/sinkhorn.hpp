#pragma once

#include <torch/types.h>

#include "distributed/communicator.hpp"

namespace troodon::train {

using torch::Tensor;

/// Teacher logits to targets that use all prototypes equally over the batch of all ranks.
/// logits [R,K], R may differ between ranks and be 0 -> probabilities [R,K], rows sum to 1, float32
/// or float64. Source: SwAV, Sinkhorn-Knopp; spec dinov2.md 3.8.
Tensor sinkhorn_knopp(const Tensor& logits,
                      double temperature,
                      distributed::Communicator& ranks,
                      int iterations = 3);

/// Running mean of teacher logits. It lags one step: what a step observes counts from the next on.
struct Center {
  Tensor value;    ///< [1,K]
  Tensor pending;  ///< [1,K], mean over ranks of the last step; undefined before the first
  double momentum = 0.9;
  bool by_rows = false;  ///< every row counts alike; false: every rank, as officially
};

/// softmax((logits - center) / temperature), after the center took in what it observed last time;
/// then it observes these logits. logits [R,K] -> [R,K]. Ranks without rows don't count.
Tensor centred_softmax(const Tensor& logits,
                       double temperature,
                       Center& center,
                       distributed::Communicator& ranks);

}  // namespace troodon::train
