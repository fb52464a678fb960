#pragma once

#include "train/step.hpp"

// A descriptor that knows copies: the class token, by cosine. Source: SSCD, Pizzi et al. 2022.
namespace troodon::train {

/// Cross-entropy of naming each view's copy among all other views, by cosine over `temperature`.
/// views [2B,D] of any length: first views of B pictures, then second ones -> scalar. Over ranks
/// each gets the mean over its own rows; the mean over ranks, value and gradient, is that of one
/// process with all. Source: NT-Xent, Chen et al. 2020, eq. 1; SSCD, section 3.2.
Tensor contrast_loss(const Tensor& views, double temperature, distributed::Communicator& ranks);

/// Differential entropy: minus the mean log distance to the nearest view of another picture, so
/// that one threshold fits sparse and crowded places alike. views and ranks as above; 0 for one
/// picture. Source: KoLeo, Sablayrolles et al. 2018; SSCD, section 3.4.
Tensor spread_loss(const Tensor& views, distributed::Communicator& ranks);

/// One step of learning copies: both views of each picture (batch.global_crops) through the
/// student, both losses, then all that finish_pass does. On a loss that is not finite, weights are
/// left alone.
StepValues copy_step(State& state,
                     const Batch& batch,
                     const Rates& now,
                     const StepContext& context);

}  // namespace troodon::train
