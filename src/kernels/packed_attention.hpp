#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace troodon::kernels {

/// How many tokens each of the sequences has that lie one below the other in a packed tensor.
using Lengths = std::vector<int64_t>;

/// Multi-head self-attention inside each of several sequences, as if a block-diagonal mask kept
/// them apart; no matrix over all tokens is ever built. qkv [S,3*H*d] (queries, keys, values, each
/// by head), S the sum of the lengths -> [S,H*d]. Differentiable. Float32 on a CPU goes through our
/// own loops, half precision on CUDA through flash attention for several lengths, float32 there
/// through memory-efficient attention; all else is packed_attention_plain. qkv is what linear()
/// gave (product_operand), wide or narrow. Spec dinov2.md 3.13.
torch::Tensor packed_attention(const torch::Tensor& qkv, int64_t heads, const Lengths& lengths);

/// The same: scaled_dot_product_attention for each run of equal lengths.
torch::Tensor packed_attention_plain(const torch::Tensor& qkv,
                                     int64_t heads,
                                     const Lengths& lengths);

/// The same as it was before flash attention: the softmax of each sequence is built and kept for
/// the backward pass. What benchmarks measure against.
torch::Tensor packed_attention_by_matrix(const torch::Tensor& qkv,
                                         int64_t heads,
                                         const Lengths& lengths);

}  // namespace troodon::kernels
