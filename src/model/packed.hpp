#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

#include "kernels/packed_attention.hpp"

namespace troodon::model {

using torch::Tensor;

/// A permutation of n, int64 [n]: the draws of batch-subset stochastic depth.
using Permutation = std::function<Tensor(int64_t n)>;

/// `count` sequences of `length` tokens each.
struct Sequences {
  int64_t count, length;
  int64_t rows() const { return count * length; }
};

/// Batches of sequences, each of a length of its own, one below the other (spec dinov2.md 3.13).
struct Packed {
  Tensor tokens;  ///< [S,D], S the rows of all batches
  std::vector<Sequences> batches;
};

kernels::Lengths lengths_of(const std::vector<Sequences>& batches);

/// Batches [B,T,D], the same D -> one tensor.
Packed pack(const std::vector<Tensor>& batches);

/// Its batches [B,T,D], as views.
std::vector<Tensor> unpack(const Packed& packed);

/// Which sequences a residual branch is computed for, under stochastic depth of a batch's subset.
struct Kept {
  Tensor rows;    ///< int64 [R], their tokens in the packed tensor; undefined: all of them
  Tensor factor;  ///< float64 [R,1], batch size / kept sequences, by which the residual is scaled
  std::vector<Sequences> batches;  ///< what is left of each batch
};

/// Sequences of a batch that a residual branch is computed for, at least one.
int64_t kept_of(int64_t batch, double rate);

/// Draws a permutation for each batch in turn and keeps its first kept_of(B, rate)
/// sequences (spec dinov2.md 1.7, iii). rate 0: all, and no draw.
Kept draw_kept(const Packed& packed, double rate, const Permutation& permutation);

}  // namespace troodon::model
