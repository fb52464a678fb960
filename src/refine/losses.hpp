#pragma once

#include <torch/types.h>

namespace troodon::refine {

using torch::Tensor;

/// Cosines between all tokens of a picture: [N,D] -> [N,N]. What lies where, whatever its colours
/// (Shechtman and Irani 2007; of ViT features Tumanyan et al. 2022).
Tensor self_similarity(const Tensor& tokens);

/// Mean squared difference of two self-similarities [N,N] -> scalar.
Tensor structure_loss(const Tensor& similarity, const Tensor& target);

/// Squared distance of class tokens [D], as a share of the target's squared length, so that one
/// weight serves networks of any scale -> scalar.
Tensor appearance_loss(const Tensor& token, const Tensor& target);

/// Mean size of the steps between neighbours of a change [1,C,H,W] (of one of 0.02: 0.41), which
/// count less where the guide [1,C',H,W] has an edge: a change follows the things in a picture ->
/// scalar.
Tensor roughness(const Tensor& change, const Tensor& guide);

/// How far values lie outside 0..1, squared, on average -> scalar.
Tensor outside(const Tensor& picture);

}  // namespace troodon::refine
