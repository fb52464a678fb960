#pragma once

#include <torch/types.h>

#include "distributed/communicator.hpp"

namespace troodon::train {

using torch::Tensor;

/// Teacher's probabilities as factors: row r is plan[r] * prototype * row[r]. Made from logits in
/// their place, so that beside them nothing of their size ever exists.
struct SoftTargets {
  Tensor plan;       ///< [R,K]
  Tensor prototype;  ///< [K]; undefined: ones
  Tensor row;        ///< [R]

  /// Probabilities of some rows, int64 [n] -> [n,K], the caller's own.
  Tensor rows(const Tensor& which) const;
  /// Of all rows, in the plan's place.
  Tensor all() const;
};

/// Teacher logits to targets that use all prototypes equally over the batch of all ranks.
/// logits [R,K], R may differ between ranks and be 0 -> probabilities [R,K], rows sum to 1, float32
/// or float64. Source: SwAV, Sinkhorn-Knopp; spec dinov2.md 3.8.
Tensor sinkhorn_knopp(const Tensor& logits,
                      double temperature,
                      distributed::Communicator& ranks,
                      int iterations = 3);

/// The same as factors; float32 or float64 logits are overwritten.
SoftTargets sinkhorn_factors(const Tensor& logits,
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

/// The same as factors; float32 or float64 logits are overwritten.
SoftTargets centred_factors(const Tensor& logits,
                            double temperature,
                            Center& center,
                            distributed::Communicator& ranks);

}  // namespace troodon::train
