#pragma once

#include <optional>
#include <vector>

#include <torch/types.h>

#include "heads/weights.hpp"

namespace troodon::heads {

struct LogisticOptions {
  double first_power = -6, last_power = 5;  ///< C = 10^power
  int64_t powers = 45;                      ///< how many, evenly spaced
  int64_t max_iterations = 1000;
  /// Done when no entry of the gradient of objective / (C * rows) is larger: scikit-learn's tol.
  /// Below 1e-6 the last steps use float64.
  double tolerance = 1e-6;
  uint64_t seed = 0;   ///< of the tenth that is held out to choose C
  size_t threads = 0;  ///< 0: LibTorch's
};

/// Multinomial logistic regression: softmax(x @ weight^T + bias).
struct LogisticModel {
  Tensor weight;  ///< [K,D] float64
  Tensor bias;    ///< [K] float64, mean 0
  double c = 1;
  double objective = 0;    ///< C * sum of cross-entropies + |weight|^2 / 2
  int64_t iterations = 0;  ///< evaluations of the objective over all rows
  bool converged = false;
};

/// Minimises C * sum of cross-entropies + |weight|^2 / 2 (scikit-learn's meaning of C; the bias is
/// not penalised) by L-BFGS with a strong-Wolfe search in coordinates in which the features are
/// white; float32 products first, float64 to finish. data.features [n,D]. start: where to begin.
/// Throws Error (Exit::input) where labels or features won't do.
LogisticModel fit_logistic(const Labelled& data,
                           int64_t classes,
                           double c,
                           const LogisticOptions& options = {},
                           const LogisticModel* start = nullptr);

/// x [n,D] -> logits and probabilities [n,K], float64.
Tensor logistic_logits(const LogisticModel& model, const Tensor& x);
Tensor logistic_probabilities(const LogisticModel& model, const Tensor& x);

/// C * sum of cross-entropies + |weight|^2 / 2 in float64.
double logistic_objective(const LogisticModel& model, const Labelled& data);

/// The values of C that are tried, ascending.
std::vector<double> c_grid(const LogisticOptions& options);

struct LogisticChoice {
  LogisticModel model;       ///< fitted with the best C on all rows, held-out ones included
  std::vector<double> c;     ///< what was tried
  std::vector<double> top1;  ///< on the held-out rows
  size_t best = 0;           ///< first with the highest top1
};

/// The official choice of C (spec dinov2.md 4.3): the first of c_grid with the best top-1 on
/// `held_out`, or, without it, on a tenth of the rows (the first n/10 of randperm(seed)); then a
/// fit on all of them. Each fit starts where the one before ended.
LogisticChoice select_logistic(const Labelled& train,
                               const std::optional<Labelled>& held_out,
                               int64_t classes,
                               const LogisticOptions& options = {});

}  // namespace troodon::heads
