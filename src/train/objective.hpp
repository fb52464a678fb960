#pragma once

#include "kernels/autocast.hpp"
#include "kernels/linear.hpp"
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

/// bfloat16 matrix products while it lives, where a step wants them.
class StepProducts {
 public:
  StepProducts(const StepContext& context, const Batch& batch)
      : cuda_(context.bf16 && batch.global_crops.is_cuda()),
        cpu_(context.bf16 && batch.global_crops.is_cpu()) {}

 private:
  kernels::Autocast cuda_;
  kernels::Bfloat16Products cpu_;
};

}  // namespace troodon::train
