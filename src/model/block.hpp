#pragma once

#include <string>

#include <torch/nn.h>

#include "model/packed.hpp"

namespace troodon::model {

namespace nn = torch::nn;

/// One of kernels/packed_attention.hpp.
using PackedAttention =
    std::function<Tensor(const Tensor& qkv, int64_t heads, const kernels::Lengths& lengths)>;

/// How packed crops of several sizes go through the blocks; no choice changes a value beyond
/// rounding.
struct NestedPass {
  bool packed = true;       ///< all sizes as one sequence; false: one pass per size
  bool checkpoint = false;  ///< keep each block's input alone; the backward pass computes it anew
  bool lean = false;  ///< for training: LayerScale folded into weights, cheap steps made twice
  PackedAttention attention = kernels::packed_attention;
};

/// The three regimes of stochastic depth (spec dinov2.md 1.7).
enum class DropPath {
  none,        ///< evaluation, or rate 0
  per_sample,  ///< each sample loses its residual by a coin; single-tensor training, rate <= 0.1
  subset,      ///< the residual is computed for a random part of the batch only
};

struct BlockConfig {
  int64_t dim = 384;
  int64_t num_heads = 6;
  double mlp_ratio = 4.0;
  bool qkv_bias = true;
  bool proj_bias = true;
  bool ffn_bias = true;
  double init_values = 0;  ///< 0 leaves LayerScale out
  double drop_path = 0;
  std::string ffn_layer = "mlp";
};

/// x @ weight^T + bias. The weights are not filled: who builds a network initialises or loads it.
struct LinearImpl : nn::Module {
  Tensor weight, bias;  ///< [out,in], [out] or undefined
  LinearImpl(int64_t in, int64_t out, bool with_bias);
  Tensor forward(const Tensor& x);
};
TORCH_MODULE(Linear);

/// Multi-head self-attention. [B,T,D] -> [B,T,D].
struct AttentionImpl : nn::Module {
  Linear qkv, proj;
  int64_t num_heads;
  explicit AttentionImpl(const BlockConfig& config);
  Tensor forward(const Tensor& x);
  /// Softmax weights [B,H,T,T].
  Tensor weights(const Tensor& x);
};
TORCH_MODULE(Attention);

/// Linear, GELU (erf), Linear. [B,T,D] -> [B,T,D].
struct MlpImpl : nn::Module {
  Linear fc1, fc2;
  explicit MlpImpl(const BlockConfig& config);
  Tensor forward(const Tensor& x);
};
TORCH_MODULE(Mlp);

/// w3(silu(a) * b) with [a, b] = w12(x); hidden width 2/3 of the MLP's, rounded up to 8.
struct SwiGLUImpl : nn::Module {
  Linear w12, w3;
  explicit SwiGLUImpl(const BlockConfig& config);
  static Tensor gated(const Tensor& both);  ///< [a, b] -> silu(a) * b
  Tensor forward(const Tensor& x) { return w3(gated(w12(x))); }
};
TORCH_MODULE(SwiGLU);

/// Hidden width of the SwiGLU feed-forward for a model of width `dim`.
int64_t swiglu_hidden(int64_t dim, double mlp_ratio);

/// A learned factor per channel. [...,D] -> [...,D].
struct LayerScaleImpl : nn::Module {
  Tensor gamma;
  LayerScaleImpl(int64_t dim, double init);
  Tensor forward(const Tensor& x) { return x * gamma; }
};
TORCH_MODULE(LayerScale);

/// x + ls1(attn(norm1(x))), then x + ls2(mlp(norm2(x))). [B,T,D] -> [B,T,D].
class BlockImpl : public nn::Module {
 public:
  explicit BlockImpl(const BlockConfig& config);
  /// One residual branch each, under a regime of stochastic depth.
  Tensor attend(const Tensor& x, DropPath mode, const Permutation& permutation);
  Tensor feed(const Tensor& x, DropPath mode, const Permutation& permutation);
  Tensor forward(const Tensor& x) {
    return feed(attend(x, DropPath::none, {}), DropPath::none, {});
  }
  /// The branches over packed tokens [S,D], for the sequences kept.
  Tensor attend(const Tensor& x, const Kept& kept, const NestedPass& pass);
  Tensor feed(const Tensor& x, const Kept& kept, const NestedPass& pass);
  /// Softmax weights of this block's attention, [B,H,T,T].
  Tensor attention_weights(const Tensor& x) { return attn_->weights(norm1_(x)); }
  double drop_path() const { return drop_path_; }

 private:
  Tensor attention_branch(const Tensor& x);
  Tensor ffn_branch(const Tensor& x);
  Tensor lean_ffn(const Tensor& x);

  double drop_path_;
  nn::LayerNorm norm1_, norm2_;
  Attention attn_;
  LayerScale ls1_{nullptr}, ls2_{nullptr};
  Mlp mlp_{nullptr};
  SwiGLU swiglu_{nullptr};
};
TORCH_MODULE(Block);

}  // namespace troodon::model
