#include "model/block.hpp"

#include <cmath>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "kernels/lean_linear.hpp"
#include "kernels/linear.hpp"

namespace troodon::model {
namespace {

constexpr double kBlockNormEps = 1e-6;

nn::LayerNorm layer_norm(int64_t dim) {
  return nn::LayerNorm(nn::LayerNormOptions({dim}).eps(kBlockNormEps));
}

/// Adds branch(x) to x under stochastic depth of the given rate (spec dinov2.md 1.7).
template <class Branch>
Tensor add_residual(const Tensor& x,
                    double rate,
                    DropPath mode,
                    const Permutation& permutation,
                    const Branch& branch) {
  if (mode == DropPath::none || rate <= 0) return x + branch(x);
  const int64_t batch = x.size(0);
  if (mode == DropPath::per_sample) {
    const Tensor keep = torch::empty({batch, 1, 1}, x.options()).bernoulli_(1.0 - rate);
    return x + branch(x) * (keep / (1.0 - rate));
  }
  const int64_t kept = kept_of(batch, rate);
  const Tensor chosen = permutation(batch).to(x.device()).slice(0, 0, kept);
  const Tensor residual = branch(x.index_select(0, chosen));
  return x.index_add(0,
                     chosen,
                     residual.to(x.scalar_type()),
                     static_cast<double>(batch) / static_cast<double>(kept));
}

/// The same for packed tokens [S,D]: branch sees the rows that are kept.
template <class Branch>
Tensor add_residual(const Tensor& x, const Kept& kept, const Branch& branch) {
  if (!kept.rows.defined()) return x + branch(x);
  const Tensor residual = branch(x.index_select(0, kept.rows)).to(x.scalar_type());
  return x.index_add(0, kept.rows, residual * kept.factor.to(x.scalar_type()));
}

/// scale(linear(x)) is one linear layer: gamma (W x + b) = (gamma W) x + gamma b. Scaling weights
/// costs less than scaling tokens, and the backward pass needn't keep what was scaled.
struct Scaled {
  Tensor weight, bias;
  Scaled(const Linear& linear, const LayerScale& scale)
      : weight(scale ? linear->weight * scale->gamma.unsqueeze(1) : linear->weight),
        bias(scale && linear->bias.defined() ? linear->bias * scale->gamma : linear->bias) {}
};

/// linear(norm(x)), of which training keeps x alone.
Tensor of_norm(const Tensor& x,
               const nn::LayerNorm& norm,
               const Linear& linear,
               kernels::Result result) {
  return kernels::linear_of_norm(
      x, {norm->weight, norm->bias, kBlockNormEps}, linear->weight, linear->bias, result);
}

}  // namespace

LinearImpl::LinearImpl(int64_t in, int64_t out, bool with_bias)
    : weight(register_parameter("weight", torch::empty({out, in}))) {
  if (with_bias) bias = register_parameter("bias", torch::empty({out}));
}

Tensor LinearImpl::forward(const Tensor& x) {
  return kernels::linear(x, weight, bias);
}

AttentionImpl::AttentionImpl(const BlockConfig& config)
    : qkv(register_module("qkv", Linear(config.dim, 3 * config.dim, config.qkv_bias))),
      proj(register_module("proj", Linear(config.dim, config.dim, config.proj_bias))),
      num_heads(config.num_heads) {
  if (num_heads < 1 || config.dim % num_heads != 0) {
    fail(Exit::config, "embed_dim {} is not a multiple of num_heads {}", config.dim, num_heads);
  }
}

Tensor AttentionImpl::forward(const Tensor& x) {
  const auto b = x.size(0), t = x.size(1), d = x.size(2);
  const Tensor parts = qkv(x).view({b, t, 3, num_heads, d / num_heads}).permute({2, 0, 3, 1, 4});
  const Tensor mixed = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
  return proj(mixed.transpose(1, 2).reshape({b, t, d}));
}

Tensor AttentionImpl::weights(const Tensor& x) {
  const auto b = x.size(0), t = x.size(1), d = x.size(2);
  const int64_t head_dim = d / num_heads;
  const Tensor parts = qkv(x).view({b, t, 3, num_heads, head_dim}).permute({2, 0, 3, 1, 4});
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_dim));
  return (parts[0] * scale).matmul(parts[1].transpose(-2, -1)).softmax(-1);
}

MlpImpl::MlpImpl(const BlockConfig& config)
    : fc1(register_module(
          "fc1",
          Linear(
              config.dim, static_cast<int64_t>(config.dim * config.mlp_ratio), config.ffn_bias))),
      fc2(register_module(
          "fc2",
          Linear(
              static_cast<int64_t>(config.dim * config.mlp_ratio), config.dim, config.ffn_bias))) {}

Tensor MlpImpl::forward(const Tensor& x) {
  return fc2(at::gelu(fc1(x)));
}

int64_t swiglu_hidden(int64_t dim, double mlp_ratio) {
  const auto hidden = static_cast<int64_t>(static_cast<double>(dim) * mlp_ratio);
  return (hidden * 2 / 3 + 7) / 8 * 8;
}

SwiGLUImpl::SwiGLUImpl(const BlockConfig& config)
    : w12(register_module(
          "w12",
          Linear(config.dim, 2 * swiglu_hidden(config.dim, config.mlp_ratio), config.ffn_bias))),
      w3(register_module(
          "w3", Linear(swiglu_hidden(config.dim, config.mlp_ratio), config.dim, config.ffn_bias))) {
}

Tensor SwiGLUImpl::gated(const Tensor& both) {
  const auto halves = both.chunk(2, -1);
  return at::silu(halves[0]) * halves[1];
}

LayerScaleImpl::LayerScaleImpl(int64_t dim, double init)
    : gamma(register_parameter("gamma", torch::full({dim}, init))) {}

BlockImpl::BlockImpl(const BlockConfig& config)
    : drop_path_(config.drop_path),
      norm1_(register_module("norm1", layer_norm(config.dim))),
      norm2_(layer_norm(config.dim)),
      attn_(register_module("attn", Attention(config))) {
  const bool scaled = config.init_values != 0;
  if (scaled) ls1_ = register_module("ls1", LayerScale(config.dim, config.init_values));
  register_module("norm2", norm2_);
  if (config.ffn_layer == "mlp") {
    mlp_ = register_module("mlp", Mlp(config));
  } else if (config.ffn_layer == "swiglu" || config.ffn_layer == "swiglufused") {
    swiglu_ = register_module("mlp", SwiGLU(config));
  } else if (config.ffn_layer != "identity") {
    fail(Exit::config,
         "ffn_layer '{}' is unknown; known: mlp, swiglu, swiglufused, identity",
         config.ffn_layer);
  }
  if (scaled) ls2_ = register_module("ls2", LayerScale(config.dim, config.init_values));
}

Tensor BlockImpl::attention_branch(const Tensor& x) {
  const Tensor out = attn_(norm1_(x));
  return ls1_ ? ls1_(out) : out;
}

Tensor BlockImpl::ffn_branch(const Tensor& x) {
  const Tensor in = norm2_(x);
  const Tensor out = mlp_ ? mlp_(in) : swiglu_ ? swiglu_(in) : in;
  return ls2_ ? ls2_(out) : out;
}

Tensor BlockImpl::attend(const Tensor& x, DropPath mode, const Permutation& permutation) {
  return add_residual(x, drop_path_, mode, permutation, [this](const Tensor& part) {
    return attention_branch(part);
  });
}

Tensor BlockImpl::feed(const Tensor& x, DropPath mode, const Permutation& permutation) {
  return add_residual(
      x, drop_path_, mode, permutation, [this](const Tensor& part) { return ffn_branch(part); });
}

Tensor BlockImpl::lean_ffn(const Tensor& x) {
  if (mlp_) {
    const Scaled last(mlp_->fc2, ls2_);
    return kernels::linear_of_gelu(
        of_norm(x, norm2_, mlp_->fc1, kernels::Result::narrow), last.weight, last.bias);
  }
  if (swiglu_) {
    const Scaled last(swiglu_->w3, ls2_);
    return kernels::linear(swiglu_->gated(of_norm(x, norm2_, swiglu_->w12, kernels::Result::wide)),
                           last.weight,
                           last.bias);
  }
  return ffn_branch(x);
}

Tensor BlockImpl::attend(const Tensor& x, const Kept& kept, const NestedPass& pass) {
  return add_residual(x, kept, [&](const Tensor& rows) {
    const auto mix = [&](const Tensor& qkv) {
      return pass.attention(qkv, attn_->num_heads, lengths_of(kept.batches));
    };
    if (pass.lean) {
      const Scaled proj(attn_->proj, ls1_);
      return kernels::linear(
          mix(of_norm(rows, norm1_, attn_->qkv, kernels::Result::narrow)), proj.weight, proj.bias);
    }
    const Tensor out = attn_->proj(mix(attn_->qkv(norm1_(rows))));
    return ls1_ ? ls1_(out) : out;
  });
}

Tensor BlockImpl::feed(const Tensor& x, const Kept& kept, const NestedPass& pass) {
  return add_residual(
      x, kept, [&](const Tensor& rows) { return pass.lean ? lean_ffn(rows) : ffn_branch(rows); });
}

}  // namespace troodon::model
