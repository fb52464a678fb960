#pragma once

#include <torch/types.h>

#include "distributed/communicator.hpp"

namespace troodon::train {

using torch::Tensor;

/// x in float32 when it is float16 or bfloat16; losses are never computed in half precision.
Tensor at_least_float(const Tensor& x);

/// Cross-entropy of every student view with every teacher view of the same picture: the sum over
/// pairs of the mean over pictures. student logits [S,B,K], teacher probabilities [V,B,K] ->
/// scalar. Source: DINO, eq. 3; spec dinov2.md 3.7.
Tensor dino_loss(const Tensor& student, const Tensor& teacher, double temperature = 0.1);

/// Cross-entropy at masked patches, weighted, over the number of crops (unmasked ones too).
/// student logits [M,K], teacher probabilities [M,K], weight [M] -> scalar. Source: iBOT, eq. 2.
Tensor ibot_loss(const Tensor& student,
                 const Tensor& teacher,
                 const Tensor& weight,
                 int64_t crops,
                 double temperature = 0.1);

/// The same from whole crops: student and teacher [B,N,K], masks [B,N] bool.
Tensor ibot_loss_dense(const Tensor& student,
                       const Tensor& teacher,
                       const Tensor& masks,
                       double temperature = 0.1);

/// 1 / masked patches of the crop, for each masked patch in order: masks [B,N] bool -> [M].
Tensor masks_weight(const Tensor& masks);

/// Spreads a batch over the sphere: minus the mean log distance to the nearest other embedding.
/// x [B,D], any scale -> scalar; 0 for fewer than two rows. Source: KoLeo, Sablayrolles et al.
/// 2018.
Tensor koleo_loss(const Tensor& x);

/// The same with neighbours among the rows of all ranks. Each rank gets the mean over its own rows;
/// the mean over ranks, value and gradient, is that of one process with all rows.
Tensor koleo_loss_over_ranks(const Tensor& x, distributed::Communicator& ranks);

/// Row number of each row's nearest other row by cosine. x [B,D], B >= 2 -> [B] int64.
Tensor nearest_rows(const Tensor& x);

}  // namespace troodon::train
