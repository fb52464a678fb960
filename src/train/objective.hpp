#pragma once

#include "train/step.hpp"

namespace troodon::train {

/// What the student's backbone says where losses look.
struct StudentTokens {
  Tensor local;   ///< [nB,D] class tokens, crop-major; undefined without local crops
  Tensor global;  ///< [2B,D] class tokens
  Tensor patch;   ///< [M,D] masked patches
};

/// All losses of a step, out of the student's tokens and the teacher's logits (which may be
/// overwritten); centres take in what they see. With troodon.fused_loss neither the student's
/// logits nor any softmax ever exist as a whole (kernels/fused_cross_entropy.hpp); the gradients
/// are the same. Spec dinov2.md 3.7.
Losses losses_of(State& state,
                 const StudentTokens& tokens,
                 std::pair<Tensor, Tensor> teacher_logits,
                 const Batch& batch,
                 const Rates& now,
                 const StepContext& context);

}  // namespace troodon::train
