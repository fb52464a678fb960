#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/types.h>

namespace troodon::train {

using torch::Tensor;

/// Mean entropy of the teacher's rows over its maximum log K: 1 says nothing, 0 is one-hot.
/// probabilities [R,K], R >= 1 -> [0,1].
double target_entropy(const Tensor& probabilities);

/// Entropy of the mean row over its maximum log K: how evenly the prototypes are used. [R,K] ->
/// [0,1].
double prototype_use(const Tensor& probabilities);

/// Directions that features really use: exp of the entropy of the normalised singular values.
/// features [B,D] -> [1, min(B,D)], 0 for all-zero features, NaN if one is not finite.
/// Source: Roy & Vetterli 2007.
double effective_rank(const Tensor& features);

/// Spread of unit-length features: 1 for isotropic ones, 0 when all pictures look the same. [B,D].
double feature_std(const Tensor& features);

/// Mean distance of unit-length features to their nearest other one. [B,D], B >= 2 -> [0,2].
double nearest_distance(const Tensor& features);

/// What a run looks like from inside, measured now and then.
struct Health {
  int64_t step = 0;
  double target_entropy = 0;
  double prototype_use = 1;
  double effective_rank = 0;
  double feature_std = 0;
  double nearest_distance = 0;
};

/// All of it: features [B,D] before the head, teacher probabilities [R,K].
Health measure_health(int64_t step, const Tensor& features, const Tensor& probabilities);
/// The same where there is no head: entropy and use keep their defaults, which raise no alarm.
Health measure_health(int64_t step, const Tensor& features);

/// When the alarm sounds. Values are far from what healthy runs show, so that it seldom errs.
struct HealthLimits {
  double feature_std = 0.05;       ///< below: all pictures get nearly the same embedding
  double effective_rank = 2.0;     ///< below: embeddings lie on a line
  double uniform_entropy = 0.995;  ///< above: targets hold no information
  double prototype_use = 0.05;     ///< below: a few prototypes take all pictures
  int64_t flat_steps = 200;        ///< logged losses looked at
  double flat_change = 0.002;      ///< relative; the halves' means differ by less: flat
};

/// A state in plain words; empty text never occurs.
struct Diagnosis {
  bool fatal = false;  ///< going on is pointless
  std::string text;    ///< what is seen, what usually causes it, what to try
};

/// What the losses (one per logged step, oldest first) and the last measurement say; empty: well.
std::vector<Diagnosis> diagnose(const std::vector<double>& losses,
                                const Health& health,
                                const HealthLimits& limits = {});

}  // namespace troodon::train
